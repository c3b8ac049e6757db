"""Word n-grams of conversations as sets of hashes: how alike two sets are, and the smallest of each."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dataset_platform.curate.columns import Turns
from dataset_platform.curate.word_hashes import WordHashes, mixed, spread, starts_of

# Hashes are sorted beside the number of their row or pair, which takes the other bits.
_HASH_BITS, ROWS_AT_ONCE = 56, 256
_HASH_MASK = np.uint64((1 << _HASH_BITS) - 1)
_NO_NGRAM = np.uint64(2**64 - 1)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Sets:
    """Sets of 56-bit hashes, one after the other, each ascending: set i has `sizes[i]` of `hashes`."""

    hashes: np.ndarray
    sizes: np.ndarray

    @property
    def starts(self) -> np.ndarray:
        return starts_of(self.sizes)

    def take(self, numbers: np.ndarray) -> "Sets":
        """The sets of these numbers, in their order."""
        sizes = self.sizes[numbers]
        return Sets(self.hashes[spread(self.starts[numbers], sizes)], sizes)

    def smallest(self, count: int) -> "Sets":
        """The `count` smallest hashes of each set, or all where it has fewer."""
        sizes = np.minimum(self.sizes, count)
        return Sets(self.hashes[spread(self.starts, sizes)], sizes)


def shingles_of(messages: pa.Array, ngram_words: int) -> Sets:
    """The distinct word n-grams of each conversation; fewer words than n are one n-gram, no words none.

    Two n-grams share a hash with probability 2^-56.
    """
    return joined(
        ngram_sets(WordHashes.of(Turns.of(messages.slice(start, ROWS_AT_ONCE))), ngram_words)
        for start in range(0, len(messages), ROWS_AT_ONCE)
    )


def ngram_sets(words: WordHashes, ngram_words: int) -> Sets:
    """The same for the words of at most `ROWS_AT_ONCE` conversations."""
    return distinct_ngrams(words, ngrams_in(words.hashes, ngram_words), ngram_words)


def ngrams_in(words: np.ndarray, ngram_words: int) -> np.ndarray:
    """The hash of each n-gram of the words, also of those that begin in one turn and end in another."""
    last = max(len(words) - ngram_words + 1, 0)
    return _combined([words[place : place + last] for place in range(ngram_words)])


def distinct_ngrams(words: WordHashes, ngrams: np.ndarray, ngram_words: int) -> Sets:
    """The sets of n-grams of conversations, whose `ngrams` are those `ngrams_in` all of the words."""
    elements, crossing = _of_rows(words, ngrams, ngram_words)
    elements.sort()
    elements = elements[: len(elements) - crossing]
    elements = np.delete(elements, np.flatnonzero(elements[1:] == elements[:-1]))
    rows = np.arange(len(words.rows), dtype=np.uint64)
    bounds = np.searchsorted(elements, rows[:-1] << np.uint64(_HASH_BITS))
    elements &= _HASH_MASK
    return Sets(elements, np.diff(bounds, append=len(elements)))


def joined(parts: Iterable[Sets]) -> Sets:
    """The sets of all parts, in order."""
    parts = [Sets(np.empty(0, np.uint64), np.empty(0, np.int64)), *parts]
    return Sets(
        np.concatenate([part.hashes for part in parts]), np.concatenate([part.sizes for part in parts])
    )


def jaccard(sets: Sets, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Size of intersection over size of union of the sets `left[i]` and `right[i]`; 0 for empty ones."""
    starts = range(0, len(left), ROWS_AT_ONCE)
    shared = [
        _shared(sets, left[start : start + ROWS_AT_ONCE], right[start : start + ROWS_AT_ONCE])
        for start in starts
    ]
    n_shared = np.concatenate([np.empty(0, np.int64), *shared])
    return n_shared / np.maximum(sets.sizes[left] + sets.sizes[right] - n_shared, 1)


def _shared(sets: Sets, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """How many elements each of at most `ROWS_AT_ONCE` pairs of sets has in common."""
    pairs = np.arange(len(left), dtype=np.uint64) << np.uint64(_HASH_BITS)
    sides = [sets.take(left), sets.take(right)]
    elements = np.concatenate([np.repeat(pairs, side.sizes) | side.hashes for side in sides])
    elements.sort()
    twice = elements[1:][elements[1:] == elements[:-1]] >> np.uint64(_HASH_BITS)
    return np.bincount(twice.astype(np.int64), minlength=len(left))


def _of_rows(words: WordHashes, ngrams: np.ndarray, ngram_words: int) -> tuple[np.ndarray, int]:
    """The n-grams, each the number of its conversation and its hash, and how many of them are none.

    Those stand where words of two conversations meet, and are larger than any other.
    """
    counts = np.diff(words.rows)
    rows = np.arange(len(counts), dtype=np.uint64) << np.uint64(_HASH_BITS)
    elements = np.repeat(rows, counts)[: len(ngrams)] | ngrams
    lengths = np.minimum(counts, ngram_words - 1)
    crossing = spread(words.rows[1:] - lengths, lengths)
    crossing = crossing[crossing < len(ngrams)]
    elements[crossing] = _NO_NGRAM
    shorter = [elements]
    for length in range(1, ngram_words):
        short = np.flatnonzero(counts == length)
        said = words.hashes[words.rows[short][:, None] + np.arange(length)]
        shorter.append(_combined(list(said.T)) | rows[short])
    return np.concatenate(shorter), len(crossing)


def _combined(words: list[np.ndarray]) -> np.ndarray:
    """One hash for words in a row, of the lower bits; `words[i]` holds the i-th word of each."""
    hashes = words[0].copy()
    for following in words[1:]:
        hashes *= _FACTOR
        hashes += following
    hashes = mixed(hashes)
    hashes >>= np.uint64(64 - _HASH_BITS)
    return hashes
