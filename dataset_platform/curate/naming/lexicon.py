"""What is known of words: names, places and ordinary words by hash, and how their letters run.

No word is stored: a table of CRC-32 hashes tells counts of a word, and a table of hashed
letter groups tells names from ordinary words that are in no list.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

GRAM_BUCKETS = 1 << 15
_GRAM_SIZES = (2, 3, 4)
UNKNOWN = (0, 0, 0, 0, 0)


def hashed(word: str) -> int:
    return zlib.crc32(word.encode())


def gram_buckets(word: str) -> list[int]:
    """Buckets of the groups of 2, 3 and 4 letters, the edges of the word included."""
    edged = f"^{word}$"
    places = [(start, start + size) for size in _GRAM_SIZES for start in range(len(edged) - size + 1)]
    if edged.isascii():  # where a letter is a byte, not every group is encoded by itself
        octets = edged.encode()
        return [zlib.crc32(octets[start:end]) % GRAM_BUCKETS for start, end in places]
    return [hashed(edged[start:end]) % GRAM_BUCKETS for start, end in places]


class Case(IntEnum):
    """How dictionaries write a word; EITHER is an ordinary word that is a given name as well (Hope, Mark)."""

    UNKNOWN = 0
    LOWER = 1
    CAPITAL = 2
    EITHER = 3


class Facts(NamedTuple):
    """In how many countries' lists a word is a given name and a surname; frequency and city in 10 * log10.

    The city is the largest of that name, by its population.
    """

    given: int
    surname: int
    frequency: int
    city: int
    case: int

    @property
    def is_ordinary(self) -> bool:
        """Whether a dictionary has it as an ordinary word, whatever else it is."""
        return self.case in (Case.LOWER, Case.EITHER)


@dataclass(frozen=True, eq=False)  # the same only as itself, so that what it says can be remembered
class Lexicon:
    """Facts of words, by the sorted hashes of their lower-case forms.

    The columns of `facts` are those of `Facts`.
    `grams` are log ratios of names to ordinary words, a hundredth each.
    """

    hashes: NDArray[np.uint32]
    facts: NDArray[np.uint8]
    grams: NDArray[np.int16]

    def facts_of(self, word: str) -> Facts:
        return Facts(*self._rows.get(hashed(word), UNKNOWN))

    def likeness(self, word: str) -> float:
        """Mean log ratio of the word's letter groups: above 0 it reads like a name."""
        buckets = gram_buckets(word)
        return sum(map(self._ratios.__getitem__, buckets)) / len(buckets) / 100 if buckets else 0.0

    @cached_property
    def _ratios(self) -> list[int]:
        return list(self.grams.tolist())

    @cached_property
    def _rows(self) -> Mapping[int, tuple[int, ...]]:
        return dict(zip(self.hashes.tolist(), map(tuple, self.facts.tolist()), strict=True))
