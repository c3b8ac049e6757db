"""Texts as hashed runs of words, whole or by sentences: what heads read beside features and vectors."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

BUCKETS = 1 << 15
LONGEST_RUN = 3
_TOKEN = r"[\w']+|[?!.]"
_SENTENCE_ENDS = r"[.!?]+\s+|\n+"


@dataclass(frozen=True)
class Sentences:
    """The sentences of many texts, and the place of the text that each belongs to."""

    text: pa.Array
    owner: NDArray[np.int64]

    @classmethod
    def of(cls, texts: pa.Array) -> "Sentences":
        """Every text has a sentence, if an empty one; only `?` and `!` are kept of what ends sentences."""
        marked = pc.replace_substring_regex(texts, r"([?!])", r"\1. ")
        split = pc.split_pattern_regex(marked, _SENTENCE_ENDS)
        flat = pc.utf8_trim_whitespace(pc.list_flatten(split))
        owner = pc.list_parent_indices(split).to_numpy(zero_copy_only=False).astype(np.int64)
        says = pc.utf8_length(flat).to_numpy(zero_copy_only=False) > 0
        says[np.unique(owner, return_index=True)[1]] = True
        return cls(flat.filter(pa.array(says)), owner[says])


def count(texts: pa.Array, pattern: str) -> NDArray[np.float64]:
    """How often each text has the pattern, in upper or lower case."""
    found = pc.count_substring_regex(texts, pattern, ignore_case=True)
    return np.asarray(found.to_numpy(zero_copy_only=False), float)


def words(texts: pa.Array) -> Any:
    """Runs of one to three words by hash, as a sparse matrix of unit rows; shape (n, BUCKETS)."""
    # Imported here: only trained heads read words, and scikit-learn takes half a second.
    from sklearn.feature_extraction.text import HashingVectorizer

    reader = HashingVectorizer(
        n_features=BUCKETS, ngram_range=(1, LONGEST_RUN), token_pattern=_TOKEN, binary=True,
        alternate_sign=False, norm="l2",
    )  # fmt: skip
    return reader.transform(texts.to_pylist())


def highest(values: NDArray[np.float64], owner: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """The largest value of each owner."""
    found = np.full(n, -np.inf)
    np.maximum.at(found, owner, values)
    return found
