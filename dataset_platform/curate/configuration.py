"""What a user may set about cleaning and deduplication; refused when it contradicts itself."""

import math
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


# Where something private stands in a text, and its kind.
Span = tuple[int, int, PrivateKind]


class Pseudonyms(StrEnum):
    """What stands in the place of private data.

    `mask` is the kind alone. `numbered` tells values apart within a conversation: the same value, and
    the same person, has the same number. `surrogate` puts invented values, the same for a value
    within a conversation and others in every other one; only the key joins them.
    """

    MASK = "mask"
    NUMBERED = "numbered"
    SURROGATE = "surrogate"


class Links(StrEnum):
    """What becomes of web addresses in turns."""

    KEEP = "keep"
    HOST = "host"
    REMOVE = "remove"


class Cleaning(BaseModel):
    """How raw conversations become clean ones. Every field changes bytes, so all are part of a lock.

    `kinds` are the kinds of private data to mask; empty switches masking off. `pseudonyms` says
    what is put in their place.
    `links` says whether web addresses stay, become their host or go. Closing lines go that stand under
    at least `closings_min_conversations` conversations of a source, and `closings_min_share` of them.
    A language is `und` below `language_min_chars` characters or `language_min_score`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: frozenset[PrivateKind] = frozenset(PrivateKind)
    pseudonyms: Pseudonyms = Pseudonyms.NUMBERED
    links: Links = Links.KEEP
    closings_min_conversations: int = Field(default=10, ge=2)
    closings_min_share: float = Field(default=0.002, gt=0.0, le=1.0)
    language_min_chars: int = Field(default=20, ge=1)
    language_min_score: float = Field(default=0.5, ge=0.0, le=1.0)

    @field_serializer("kinds")
    def _in_order(self, kinds: frozenset[PrivateKind]) -> list[str]:
        """A set has another order in every process; settings are compared as JSON."""
        return sorted(kinds)


class Signing(BaseModel):
    """What is kept of each text, to find duplicates by; stored signatures hold for one signing.

    A text is the set of its `ngram_words`-grams, and its sketch the `sketch_hashes` smallest of their hashes
    (Broder 1997: bottom-k sketches). Assistant turns of `answer_words` or more are known by a hash each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ngram_words: int = Field(default=5, ge=1)
    sketch_hashes: int = Field(default=16, ge=1)
    answer_words: int = Field(default=20, ge=1)


class Deduplication(BaseModel):
    """Which texts are near duplicates: those whose n-grams have a true Jaccard similarity of `threshold`.

    Two texts are compared when they share one of their smallest hashes. The smallest hashes of a union
    are a random sample of it, so a pair at the threshold shares none of the first n with probability
    (1 - threshold)^n at most; n is chosen so that this is at most `missed`. `neighbours` bounds the work
    where many share a hash: each is compared with that many of the next, by their smallest hash.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    signing: Signing = Signing()
    threshold: float = Field(default=0.7, gt=0.0, le=1.0)
    missed: float = Field(default=1e-5, gt=0.0, lt=1.0)
    neighbours: int = Field(default=16, ge=1)

    @property
    def looked_up(self) -> int:
        """How many of its smallest hashes a text is looked up by."""
        return 1 if self.threshold == 1 else math.ceil(math.log(self.missed) / math.log(1 - self.threshold))

    @model_validator(mode="after")
    def _sketch_is_large_enough(self) -> "Deduplication":
        if self.looked_up > self.signing.sketch_hashes:
            raise ValueError(
                f"a threshold of {self.threshold} needs {self.looked_up} hashes a sketch, "
                f"found {self.signing.sketch_hashes}; raise `sketch_hashes`, `threshold` or `missed`"
            )
        return self


class Pasting(BaseModel):
    """An answer is pasted when `conversations` or more of those fit for a release have it, in wordings that
    share `threshold` of their n-grams; half of them is one changed word in 20.

    `neighbours` bounds the work: of the wordings that may be alike each is compared with the commonest
    and with that many of the next.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    signing: Signing = Signing()
    conversations: int = Field(default=10, ge=2)
    threshold: float = Field(default=0.5, gt=0.0, le=1.0)
    neighbours: int = Field(default=8, ge=1)
