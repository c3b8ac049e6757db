"""Word n-grams of texts, their MinHash signatures by band, and their true Jaccard similarity."""

from hashlib import blake2b
from itertools import pairwise

import daft
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from daft.functions import normalize, when
from scipy.sparse import csr_matrix

from dataset_platform.curate.columns import StringColumn, Turns, only_where

# Rows a batch: their texts stay few megabytes.
BATCH_ROWS = 4_096

# Punctuation that the engine's own `remove_punct`, which knows ASCII, leaves.
_TYPOGRAPHIC = "[‘’“”«»–—…]"  # noqa: RUF001

# Odd 64-bit constants of SplitMix64 (Steele, Lea, Flood 2014), whose finaliser mixes hashes here.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
# Pairs compared at a time: bounds the memory of the sparse product.
_PAIRS_AT_ONCE = 20_000


def words_of(messages: daft.Expression) -> daft.Expression:
    """What is said in each conversation, lower case, without punctuation, single spaces; roles do not count.

    Null where nothing is left: texts without words resemble nothing.
    """
    words = normalize(_spoken(messages), remove_punct=True, lowercase=True, white_space=True)
    return when(words != "", words)


@daft.func.batch(return_dtype=daft.DataType.string(), batch_size=BATCH_ROWS)
def _spoken(messages: daft.Series) -> pa.Array:
    spoken = Turns.of(messages.to_arrow()).texts(" ")
    typeset = pc.invert(pc.string_is_ascii(spoken))
    return only_where(typeset, spoken, lambda texts: pc.replace_substring_regex(texts, _TYPOGRAPHIC, ""))


def band_hashes(signatures: np.ndarray, bands: int, rows_per_band: int) -> np.ndarray:
    """One 64-bit hash for each band of MinHash signatures; shapes (n, permutations) to (n, bands)."""
    rows = signatures[:, : bands * rows_per_band].reshape(len(signatures), bands, rows_per_band)
    hashes = np.zeros((len(signatures), bands), np.uint64)
    for row in range(rows_per_band):
        hashes = _mixed(hashes ^ rows[:, :, row].astype(np.uint64))
    return hashes


def shingle_hashes(texts: StringColumn, ngram_words: int) -> pa.Array:
    """The distinct word n-grams of each text as 64-bit hashes, sorted; a shorter text is one n-gram.

    `texts` are as `words_of` gives them. Two n-grams share a hash with probability 2^-64.
    """
    words = pc.split_pattern(texts, " ")
    bounds = np.concatenate(([0], pc.list_value_length(words).to_numpy().cumsum()))
    hashes = _word_hashes(pc.list_flatten(words))
    sets = [np.unique(_ngram_hashes(hashes[start:end], ngram_words)) for start, end in pairwise(bounds)]
    offsets = np.cumsum([0, *(len(each) for each in sets)])
    flat = np.concatenate([*sets, np.empty(0, np.uint64)])
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), pa.array(flat, pa.uint64()))


def jaccard(shingles: pa.Array, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Size of intersection over size of union of the sets `shingles[left]` and `shingles[right]`."""
    sizes = pc.list_value_length(shingles).to_numpy()
    _, columns = np.unique(pc.list_flatten(shingles).to_numpy(), return_inverse=True)
    offsets = np.concatenate(([0], sizes.cumsum()))
    sets = csr_matrix((np.ones(len(columns), np.int32), columns, offsets), (len(sizes), len(columns)))
    shared = np.zeros(len(left))
    for start in range(0, len(left), _PAIRS_AT_ONCE):
        some = slice(start, start + _PAIRS_AT_ONCE)
        shared[some] = np.asarray(sets[left[some]].multiply(sets[right[some]]).sum(axis=1)).ravel()
    return shared / (sizes[left] + sizes[right] - shared)


def _word_hashes(words: StringColumn) -> np.ndarray:
    encoded = words.dictionary_encode()
    digests = b"".join(
        blake2b(word.encode(), digest_size=8).digest() for word in encoded.dictionary.to_pylist()
    )
    return np.frombuffer(digests, "<u8")[encoded.indices.to_numpy()]


def _ngram_hashes(words: np.ndarray, ngram_words: int) -> np.ndarray:
    count = max(len(words) - ngram_words + 1, 1)
    hashes = np.zeros(count, np.uint64)
    for place in range(min(ngram_words, len(words))):
        hashes = _mixed(hashes ^ words[place : place + count])
    return hashes


def _mixed(values: np.ndarray) -> np.ndarray:
    values = values + _STEP
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))
