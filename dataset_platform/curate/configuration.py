"""What a user may set about cleaning and deduplication; refused when it contradicts itself."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_serializer, model_validator


class PrivateKind(StrEnum):
    """Kinds of private data. The mask of a kind is its name in brackets: `[EMAIL]`."""

    ACCOUNT = "ACCOUNT"
    ADDRESS = "ADDRESS"
    CARD = "CARD"
    DATE_OF_BIRTH = "DATE_OF_BIRTH"
    EMAIL = "EMAIL"
    IBAN = "IBAN"
    ID = "ID"
    IP = "IP"
    LOCATION = "LOCATION"
    MEDICAL_RECORD = "MEDICAL_RECORD"
    NAME = "NAME"
    ORGANISATION = "ORGANISATION"
    PHONE = "PHONE"
    SSN = "SSN"
    URL = "URL"

    @property
    def mask(self) -> str:
        return f"[{self.value}]"

    def numbered(self, number: int) -> str:
        """The mask of the so manieth value of this kind in a conversation."""
        return f"[{self.value}_{number}]"


class Pseudonyms(StrEnum):
    """What stands in the place of private data.

    `mask` is the kind alone. `numbered` tells values apart within a conversation: the same value, and
    the same person, has the same number. `surrogate` puts invented values, the same for a value
    within a conversation and others in every other one; only the key joins them.
    """

    MASK = "mask"
    NUMBERED = "numbered"
    SURROGATE = "surrogate"


class Cleaning(BaseModel):
    """How raw conversations become clean ones. Every field changes bytes, so all are part of a lock.

    `kinds` are the kinds of private data to mask; empty switches masking off. `pseudonyms` says
    what is put in their place.
    A language is `und` below `language_min_chars` characters or `language_min_score`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: frozenset[PrivateKind] = frozenset(PrivateKind)
    pseudonyms: Pseudonyms = Pseudonyms.NUMBERED
    language_min_chars: int = Field(default=20, ge=1)
    language_min_score: float = Field(default=0.5, ge=0.0, le=1.0)

    @field_serializer("kinds")
    def _in_order(self, kinds: frozenset[PrivateKind]) -> list[str]:
        """A set has another order in every process; settings are compared as JSON."""
        return sorted(kinds)


class Deduplication(BaseModel):
    """How near duplicates are found: MinHash-LSH over word n-grams, then the true Jaccard similarity.

    A pair of similarity s becomes a candidate with probability 1 - (1 - s^rows)^bands
    (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4.2): 0.44 at 0.7, 0.87 at 0.8
    and 0.999 at 0.9 with the defaults. `neighbours` bounds the work in crowded buckets: each
    member is compared with that many of the next members, in the order of preference.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(default=0.7, gt=0.0, le=1.0)
    ngram_words: int = Field(default=5, ge=1)
    permutations: int = Field(default=128, ge=1)
    bands: int = Field(default=14, ge=1)
    rows_per_band: int = Field(default=9, ge=1)
    neighbours: int = Field(default=32, ge=1)
    seed: int = Field(default=1, ge=0)

    @model_validator(mode="after")
    def _bands_fit_the_signature(self) -> "Deduplication":
        if self.bands * self.rows_per_band > self.permutations:
            raise ValueError(
                f"{self.bands} bands of {self.rows_per_band} rows need "
                f"{self.bands * self.rows_per_band} permutations, found {self.permutations}; "
                "raise `permutations` or lower `bands` or `rows_per_band`"
            )
        return self
