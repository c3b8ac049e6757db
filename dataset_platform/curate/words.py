"""The words of a batch of texts, flat and encoded, so that each distinct word is looked at once."""

from collections.abc import Set
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn

_PUNCTUATION = ".,;:!?\"'()[]{}*_~`<>…“”‘’«»—–-"  # noqa: RUF001
# Bits of a key that name the text; the others are a hash, so that equal keys are equal n-grams of one
# text but for one chance in 2^48 for each pair.
_TEXT_BITS = np.uint64(16)
_STEP = np.uint64(0x9E3779B97F4A7C15)  # odd, from the golden ratio: spreads consecutive values


@dataclass(frozen=True)
class Words:
    """Word i of text t is `vocabulary[codes[bounds[t] + i]]`: lower case, without outer punctuation."""

    vocabulary: StringColumn
    codes: np.ndarray
    bounds: np.ndarray

    @classmethod
    def of(cls, texts: StringColumn) -> "Words":
        """The words of at most 65,536 texts, between their spaces and line breaks."""
        lists = pc.split_pattern(pc.replace_substring(texts, "\n", " "), " ")
        written = pc.list_flatten(lists).dictionary_encode()
        folded = pc.utf8_trim(pc.utf8_lower(written.dictionary), _PUNCTUATION).dictionary_encode()
        codes = folded.indices.to_numpy()[written.indices.to_numpy()]
        bounds = np.concatenate(([0], pc.list_value_length(lists).to_numpy().cumsum()))
        return cls(folded.dictionary, codes, bounds)

    def counts(self) -> np.ndarray:
        """Words of each text."""
        return np.diff(self.bounds)

    def among(self, known: Set[str]) -> np.ndarray:
        """How many words of each text are among these."""
        is_known = pc.is_in(self.vocabulary, pa.array(sorted(known), self.vocabulary.type))
        hits = np.concatenate(([0], is_known.to_numpy(zero_copy_only=False)[self.codes].cumsum()))
        return hits[self.bounds[1:]] - hits[self.bounds[:-1]]

    def repeated_ngrams(self, size: int) -> np.ndarray:
        """Share of each text's n-grams that stand in it before already; 0 for texts shorter than one."""
        totals = np.maximum(self.counts() - size + 1, 0)
        if not totals.sum():
            return np.zeros(len(totals))
        texts = np.repeat(np.arange(len(totals)), totals)
        starts = np.arange(totals.sum()) - (totals.cumsum() - totals)[texts] + self.bounds[:-1][texts]
        hashes = _hashes(self.vocabulary)[self.codes]
        keys = np.zeros(len(starts), np.uint64)
        for place in range(size):
            keys = (keys ^ hashes[starts + place]) * _STEP
            keys ^= keys >> np.uint64(32)
        keys = np.sort((keys >> _TEXT_BITS) | (texts.astype(np.uint64) << np.uint64(48)))
        again = keys[1:][keys[1:] == keys[:-1]] >> np.uint64(48)
        repeated = np.bincount(again.astype(np.int64), minlength=len(totals))
        return repeated / np.maximum(totals, 1)


def _hashes(vocabulary: StringColumn) -> np.ndarray:
    digests = b"".join(blake2b(word.encode(), digest_size=8).digest() for word in vocabulary.to_pylist())
    return np.frombuffer(digests, "<u8")
