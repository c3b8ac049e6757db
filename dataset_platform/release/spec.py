"""What a release shall be, as `releases/<version>.yaml` states it."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dataset_platform.release.versions import release_version
from dataset_platform.schemas import Split, Stage

LARGEST_EXACT_INTEGER = 2**53 - 1  # canonical JSON (RFC 8785) holds no larger one
SUM_TOLERANCE = 1e-9

Share = Annotated[float, Field(ge=0, le=1)]
Rows = Annotated[int, Field(ge=0, le=LARGEST_EXACT_INTEGER)]


class Use(StrEnum):
    """What a release is meant for; a licence may allow one and not the other."""

    RESEARCH = "research"
    COMMERCIAL = "commercial"


class FileFormat(StrEnum):
    """How the rows of a release are stored."""

    JSONL = "jsonl"
    PARQUET = "parquet"


class Rendering(StrEnum):
    """The shape of a conversation in JSON lines."""

    MESSAGES = "messages"
    SHAREGPT = "sharegpt"
    ALPACA = "alpaca"
    PROMPT_RESPONSE = "prompt_response"


class Frozen(BaseModel):
    """Base of all settings of a release: closed, immutable, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Shares(Frozen):
    """Shares that sum to 1."""

    @model_validator(mode="after")
    def sum_to_one(self) -> Self:
        total = sum(self.shares.values())
        if abs(total - 1) > SUM_TOLERANCE:
            raise ValueError(f"the shares sum to {total:g} and must sum to 1")
        return self

    @property
    def shares(self) -> dict[str, float]:
        return self.model_dump()


class Mix(Shares):
    """Share of each stage in the release."""

    foundation: Share = 0.40
    expertise: Share = 0.25
    edge_case: Share = 0.20
    voice_persona: Share = 0.15

    def share(self, stage: Stage) -> float:
        return self.shares[stage]


class Limits(Frozen):
    """Rows that a stage or a source has at least, where there are so many, and at most."""

    floor: Rows = Field(default=0, description="Drawn before anything else.")
    cap: Rows | None = Field(default=None, description="Never exceeded; null sets no limit.")

    @model_validator(mode="after")
    def floor_below_cap(self) -> Self:
        if self.cap is not None and self.floor > self.cap:
            raise ValueError(f"the floor {self.floor} is above the cap {self.cap}")
        return self


class StageLimits(Frozen):
    """Limits of each stage, beside its share in the mix."""

    foundation: Limits = Limits()
    expertise: Limits = Limits()
    edge_case: Limits = Limits()
    voice_persona: Limits = Limits()

    def of(self, stage: Stage) -> Limits:
        limits: Limits = getattr(self, stage.value)
        return limits


class SourceMix(Limits):
    """How strongly a source is drawn from within its stage."""

    share: Share | None = Field(default=None, description="Share of its stage's rows.")
    weight: float = Field(default=1.0, ge=0, le=1e6, description="Times its number of rows; 0 leaves it out.")

    @model_validator(mode="after")
    def share_or_weight(self) -> Self:
        if self.share is not None and "weight" in self.model_fields_set and self.weight != 1:
            raise ValueError("a source has a share or a weight, not both; remove one")
        return self


class Filters(Frozen):
    """Rows that this release does without."""

    min_quality: Share = Field(
        default=0.0, description="Lowest `quality` of a row; edge cases are never left out for it."
    )
    languages: Annotated[tuple[str, ...], Field(min_length=1, strict=False)] | None = Field(
        default=None, description="ISO 639 codes that are wanted; null takes all."
    )
    licenses: Annotated[tuple[str, ...], Field(min_length=1, strict=False)] | None = Field(
        default=None, description="Licences that are wanted, as the sources state them; null takes all."
    )


class Formats(Frozen):
    """Files of rows, and the shape of a conversation in those for people's trainers."""

    files: Annotated[tuple[Annotated[FileFormat, Field(strict=False)], ...], Field(strict=False)] = Field(
        default=(FileFormat.JSONL, FileFormat.PARQUET), description="Parquet is always among them."
    )
    rendering: Annotated[Rendering, Field(strict=False)] = Field(
        default=Rendering.MESSAGES, description="In JSON lines; Parquet always has `messages`."
    )

    @model_validator(mode="after")
    def parquet_is_there(self) -> Self:
        if FileFormat.PARQUET not in self.files:
            raise ValueError("parquet cannot be left out: verify, the QA report and training read it; add it")
        if len(set(self.files)) < len(self.files):
            raise ValueError("a format stands there twice; remove one")
        return self

    @property
    def jsonl(self) -> bool:
        return FileFormat.JSONL in self.files


class Licenses(Frozen):
    """What was settled about licences outside the platform."""

    accept: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        default=(), description="Licences, as the sources state them, that are in order for this release."
    )


class Splits(Shares):
    """Share of each split in the release."""

    train: Share = 0.8
    validation: Share = 0.1
    test: Share = 0.1

    def share(self, split: Split) -> float:
        return self.shares[split]


class Gates(Frozen):
    """Thresholds that the QA report of the release is judged against."""

    semantic_coherence: Share = Field(default=0.80, description="Lowest mean semantic coherence.")
    therapeutic_appropriateness: Share = Field(default=0.70, description="Lowest mean appropriateness.")
    crisis_flags: Share = Field(default=0.005, description="Highest share of unresolved crisis flags.")
    private_data: int = Field(default=0, ge=0, description="Most rows with unresolved private data.")
    bias: Share = Field(default=0.60, description="Lowest bias score; higher is better.")
    overall: Share = Field(default=0.75, description="Lowest overall score.")


class Canaries(Frozen):
    """Made-up conversations with secrets, planted to measure what a model keeps of its training."""

    count: int = Field(default=10, ge=1, le=1000, description="Secrets.")
    repeats: int = Field(default=1, ge=1, le=1000, description="Rows with each secret.")


class ReleaseSpec(Frozen):
    """Everything about a release that a person decides."""

    version: Annotated[str, BeforeValidator(release_version)] = Field(description="Semantic version.")
    target_samples: int = Field(ge=1, le=LARGEST_EXACT_INTEGER, description="Rows asked for.")
    seed: int = Field(ge=0, le=LARGEST_EXACT_INTEGER, description="Decides which rows and which split.")
    use: Annotated[Use, Field(strict=False)] = Field(
        default=Use.RESEARCH, description="What the rows are meant for; licences are held against it."
    )
    mix: Mix = Mix()
    stages: StageLimits = StageLimits()
    sources: dict[str, SourceMix] = Field(default={}, description="By name; others are drawn by their size.")
    filters: Filters = Filters()
    licenses: Licenses = Licenses()
    splits: Splits = Splits()
    formats: Formats = Formats()
    gates: Gates = Gates()
    canaries: Canaries | None = Field(
        default=None,
        exclude_if=lambda canaries: canaries is None,  # locks without have the bytes of before
        description="Planted in the train split beside the rows asked for; null plants none.",
    )

    @property
    def planted(self) -> int:
        """Rows of canaries."""
        return self.canaries.count * self.canaries.repeats if self.canaries else 0

    @field_validator("stages")
    @classmethod
    def floors_of_stages_fit(cls, stages: StageLimits, known: ValidationInfo) -> StageLimits:
        _require_room(sum(stages.of(stage).floor for stage in Stage), known)
        return stages

    @field_validator("sources")
    @classmethod
    def floors_of_sources_fit(
        cls, sources: dict[str, SourceMix], known: ValidationInfo
    ) -> dict[str, SourceMix]:
        _require_room(sum(mix.floor for mix in sources.values()), known)
        return sources


def _require_room(floors: int, known: ValidationInfo) -> None:
    """Raises ValueError when floors exceed the target; nothing is said of a target that is wrong itself."""
    target = known.data.get("target_samples", floors)
    if floors > target:
        raise ValueError(
            f"the floors ask for {floors} rows and target_samples for {target}; lower the floors or ask for "
            "more"
        )
