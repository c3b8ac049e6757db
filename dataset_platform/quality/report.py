"""The QA report of a release: what it says, without how it looks."""

from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError

from dataset_platform.errors import InputError
from dataset_platform.quality.bias import Gap
from dataset_platform.quality.changes import Changes
from dataset_platform.quality.leakage import SplitLeak
from dataset_platform.quality.measurement import Accuracy, Frozen, Measurement
from dataset_platform.quality.prevalence import Prevalence
from dataset_platform.quality.review.summary import Reviewing

MISSING = "\N{EN DASH}"


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_MEASURED = "not measured"


class Direction(StrEnum):
    AT_LEAST = "at least"
    AT_MOST = "at most"


class Gate(Frozen):
    """A figure of the release against its threshold."""

    name: str
    title: str
    direction: Direction
    threshold: float
    measurement: Measurement

    @property
    def verdict(self) -> Verdict:
        value = self.measurement.value
        if value is None:
            return Verdict.NOT_MEASURED
        holds = value >= self.threshold if self.direction is Direction.AT_LEAST else value <= self.threshold
        return Verdict.PASSED if holds else Verdict.FAILED


class Figure(Frozen):
    """A figure beside the gates: what scored it, and how good its validator should be."""

    title: str
    scored_by: str = Field(description="A trained head with its data, a lexical head, or rules.")
    target: str = Field(description="The accuracy that the validator should reach; empty where none is set.")
    measurement: Measurement


class About(Frozen):
    """A validator as it introduces itself."""

    name: str
    version: str
    measures: str
    scale: str
    licence: str
    cost: str


class Histogram(Frozen):
    """Counts between edges; one edge more than counts."""

    title: str
    unit: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]


class Part(Frozen):
    """Figures of one source or stage. None where fewer than 30 cases would carry the figure."""

    by: str
    name: str
    conversations: int
    edge_cases: int
    replies: int
    coherence: float | None
    scored: int = Field(description="Conversations in which an MI behaviour was recognised.")
    appropriateness: float | None
    crisis_unresolved: int
    private_conversations: int
    median_turns: float


class PrivateKindFound(Frozen):
    """Hits of one kind of private data, and how far the pattern can be trusted."""

    kind: str
    gates: bool
    conversations: int
    turns: int
    examples: tuple[str, ...] = Field(description="Ids of up to five conversations.")
    recall: float | None
    precision: float | None


class Crisis(Frozen):
    unresolved: int
    deliberate: int
    examples: tuple[str, ...]


class BiasFindings(Frozen):
    mentions: dict[str, int] = Field(description="Conversations that mention the group.")
    gaps: tuple[Gap, ...]


class HygieneCounts(Frozen):
    """Exact counts; no accuracy, since nothing is estimated."""

    role_order_broken: int
    conversations_with_repeated_turns: int
    repeated_turns: int
    broken_off: int = Field(description="Replies that end in a sentence, of writers who end sentences.")
    edge_cases: int
    edge_cases_without_a_reply: int = Field(description="Edge cases that training can learn nothing from.")
    edge_cases_taught: float | None = Field(
        description="Median of characters in an edge case's replies, each counted once: its training value."
    )
    graded: int = Field(description="Conversations whose replies are long enough for a reading grade.")
    reading_grades: tuple[float, float, float] | None = Field(
        description="First quartile, median and third quartile of the Coleman-Liau index of replies."
    )
    languages: dict[str, int]
    leak: SplitLeak


class Report(Frozen):
    """Everything that `qa_report_v<version>.json` says."""

    version: str
    manifest_sha256: str
    quality_version: str
    passed: bool = Field(description="True only if no gate failed; gates that were not measured are named.")
    failed: tuple[str, ...]
    not_measured: tuple[str, ...]
    conversations: int
    turns: int
    gates: tuple[Gate, ...]
    verdicts: dict[str, Verdict]
    figures: tuple[Figure, ...] = Field(description="What no gate judges.")
    distributions: tuple[Histogram, ...]
    parts: tuple[Part, ...]
    changes: Changes
    crisis: Crisis
    private_data: tuple[PrivateKindFound, ...]
    prevalences: tuple[Prevalence, ...]
    bias: BiasFindings
    hygiene: HygieneCounts
    reviewing: Reviewing
    validators: tuple[About, ...]
    accuracies: tuple[Accuracy, ...]
    methods: tuple[str, ...]


def report_stem(version: str) -> str:
    return f"qa_report_v{version}"


def read_report(folder: Path, version: str) -> Report:
    """The report that `write_report` left in `folder`; raises InputError."""
    path = folder / f"{report_stem(version)}.json"
    try:
        return Report.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError(
            f"{path}: not a QA report of this program ({type(error).__name__}); "
            f"judge the release again with `dataset-platform qa --version {version}`"
        ) from None


def interval_text(measurement: Measurement) -> str:
    if measurement.interval is None:
        return MISSING
    low, high = measurement.interval
    return f"{short(low)} to {short(high)}"


def short(value: float) -> str:
    """Three digits, two below 0.01; a share that only rounds to 1 is not 1."""
    if 0.9995 <= value < 1:
        return "> 0.999"
    return f"{value:.2g}" if abs(value) < 0.01 else f"{value:.3g}"
