"""What of a source is fit for a release, as its description states it under `filters`.

The defaults of the platform are those of this model: a source without the block has them all.
"""

from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from dataset_platform.ingest.describing.turn_shapes import Described

LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]


class Filters(Described):
    """Limits on what cleaning measured. None means no limit; edge cases are held to none of them."""

    languages: tuple[LanguageCode, ...] | None = Field(
        None, min_length=1, description="ISO 639 codes that are let through; all when not given."
    )
    undetermined: bool = Field(
        default=True, description="Whether `languages` lets through what is too short to tell (`und`)."
    )
    min_turns: int | None = Field(2, ge=1, description="Fewest turns.")
    max_turns: int | None = Field(None, ge=1, description="Most turns.")
    min_chars: int | None = Field(None, ge=1, description="Fewest characters of all turns.")
    max_chars: int | None = Field(None, ge=1, description="Most characters of all turns.")
    max_tokens: int | None = Field(None, ge=1, description="Most tokens, as estimated in `n_tokens`.")
    max_repetition: float | None = Field(0.5, ge=0.0, le=1.0, description="Largest `repetition`.")
    min_quality: float | None = Field(0.25, ge=0.0, le=1.0, description="Smallest `quality`.")

    @field_validator("max_turns", "max_chars")
    @classmethod
    def _leaves_something(cls, most: int | None, info: ValidationInfo) -> int | None:
        name = str(info.field_name).replace("max", "min")
        least = info.data.get(name)
        if most is not None and least is not None and most < least:
            raise ValueError(f"nothing would be left: {name} is {least}")
        return most
