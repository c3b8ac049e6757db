"""Words by number, and what was read of each in arrays: a word comes many times and is read once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dataset_platform.curate.naming.lexicon import Lexicon
from dataset_platform.curate.naming.words import N_FEATURES, SCALE, read

_MOST_WORDS = 100_000  # beyond them all are forgotten: 20 MB


class _Numbers(dict[str, int]):
    """Numbers what it is asked for in the order of first asking."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


class Vocabulary(NamedTuple):
    """What is known of each word, by its number.

    `spellings` and `plain_spellings` are equal numbers for a word and for the words that it is the plain form
    of; all are below `n_spellings`.
    """

    features: NDArray[np.int16]
    can_name: NDArray[np.bool_]
    shapes: NDArray[np.int64]
    spellings: NDArray[np.int64]
    plain_spellings: NDArray[np.int64]
    n_spellings: int


@dataclass
class KnownWords:
    """Reads words that it has not met, a batch of them at a time; threads may share it."""

    lexicon: Lexicon
    _numbers: _Numbers = field(init=False)
    _spellings: _Numbers = field(init=False)
    _vocabulary: Vocabulary | None = field(default=None, init=False)
    _alone: Lock = field(default_factory=Lock, init=False)

    def numbered(self, words: Sequence[str]) -> tuple[NDArray[np.int64], Vocabulary]:
        """The number of each word, and the vocabulary that these are numbers of."""
        with self._alone:
            if self._vocabulary is None or len(self._numbers) > _MOST_WORDS:
                self._numbers, self._spellings = _Numbers(), _Numbers()
                self._vocabulary = self._read([])
            # Taken away meanwhile: numbers of words that could not be read would be those of others.
            vocabulary, self._vocabulary = self._vocabulary, None
            known = len(self._numbers)
            numbers = np.fromiter(map(self._numbers.__getitem__, words), np.int64, len(words))
            new = list(islice(self._numbers, known, None))
            self._vocabulary = _joined(vocabulary, self._read(new)) if new else vocabulary
            return numbers, self._vocabulary

    def _read(self, words: list[str]) -> Vocabulary:
        found = [read(word, self.lexicon) for word in words]
        features = np.array([word.features for word in found], float).reshape(-1, N_FEATURES)
        spelling = self._spellings.__getitem__
        return Vocabulary(
            np.round(features * SCALE).astype(np.int16),
            np.array([word.can_name for word in found], bool),
            np.array([word.shape for word in found], np.int64),
            np.array([spelling(word) for word in words], np.int64),
            np.array([spelling(word.plain) for word in found], np.int64),
            len(self._spellings),
        )


def _joined(known: Vocabulary, new: Vocabulary) -> Vocabulary:
    arrays = [
        np.concatenate([getattr(each, name) for each in (known, new)]) for name in Vocabulary._fields[:-1]
    ]
    return Vocabulary._make([*arrays, new.n_spellings])
