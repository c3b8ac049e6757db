"""What is left of a text however it is delivered again: its letters and digits, in lower case and in order.

Unlike normalisation, which improves from version to version, this is never to change: digests of withdrawn
texts are kept for good, and a text has to be recognised by them years later.
"""

import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, Turns, strings

# Multipliers of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def letters(texts: StringColumn) -> StringColumn:
    """Letters and digits of each text: no case, spaces, punctuation, widths, ways to write accents."""
    ascii_ = pc.string_is_ascii(texts)
    plain = pc.replace_substring_regex(pc.ascii_lower(texts), "[^0-9a-z]+", "")
    others = [_letters(text) for text in texts.filter(pc.invert(ascii_)).to_pylist()]
    return pc.replace_with_mask(plain, pc.invert(ascii_), strings(others).cast(texts.type))


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(filter(str.isalnum, folded))


def letters_said(messages: pa.Array) -> StringColumn:
    """Letters and digits of each conversation, over all of its turns; roles do not count."""
    turns = Turns.of(messages)
    return turns.saying(letters(turns.contents)).texts("")


def content_digests(said: StringColumn) -> pa.Array:
    """Hex of SHA-256 of each conversation's letters; null where it has none, as silence names nobody."""
    return pa.array(
        [sha256(text.encode()).hexdigest() if text else None for text in said.to_pylist()], pa.string()
    )


@dataclass(frozen=True)
class Snippet:
    """A stretch of letters that conversations can be searched for by someone who does not know it.

    `weight` is cheap to compute at every place of a text, and alike for the same letters in another order;
    SHA-256 decides about what it finds.
    """

    length: int
    weight: int
    sha256: str

    @classmethod
    def of(cls, text: str) -> Self:
        stretch = _letters(text)
        return cls(len(stretch), int(_weights(stretch).sum()), sha256(stretch.encode()).hexdigest())

    def found_in(self, said: StringColumn) -> np.ndarray:
        """For each conversation's letters, whether they hold the stretch."""
        texts = said.to_pylist()
        everything, ends = "".join(texts), np.cumsum([len(text) for text in texts])
        found = np.zeros(len(texts), np.bool_)
        if not 0 < self.length <= len(everything):
            return found
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(_weights(everything))])
        places = np.flatnonzero(sums[self.length :] - sums[: -self.length] == np.uint64(self.weight))
        rows = np.searchsorted(ends, places, side="right")
        for place, row in zip(places, rows, strict=True):
            window = everything[place : min(place + self.length, ends[row])]
            found[row] |= sha256(window.encode()).hexdigest() == self.sha256
        return found


def _weights(text: str) -> np.ndarray:
    """A number for each letter, spread over 64 bits; sums of them wrap around."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32) * _FIRST
    codes ^= codes >> np.uint64(29)
    return codes * _SECOND
