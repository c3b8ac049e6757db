"""Signatures of conversations: all that finding duplicates needs to know of a text before it is measured.

They are made once a source and stored, so that a new source is compared with the others without reading them.
"""

from functools import lru_cache

import daft
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from daft import DataFrame, col

from dataset_platform.curate.columns import Turns
from dataset_platform.curate.configuration import Signing
from dataset_platform.curate.shingles import ROWS_AT_ONCE, distinct_ngrams, ngrams_in
from dataset_platform.curate.word_hashes import WordHashes, mixed
from dataset_platform.schemas import SIGNATURES, Role

# Rows a batch: their texts stay few megabytes.
BATCH_ROWS = 4_096
_WRITTEN = ("n_shingles", "sketch", "answers", "answer_ngrams")
NGRAMS_AN_ANSWER = 4
# Odd 64-bit constant of SplitMix64 (Steele, Lea, Flood 2014).
_FACTOR = np.uint64(0x94D049BB133111EB)
_INVERSE = np.uint64(pow(int(_FACTOR), -1, 2**64))


def sign(clean: DataFrame, signing: Signing = Signing()) -> DataFrame:  # noqa: B008
    """Lazy plan of one signature a row of `clean`, columns as in `schemas.SIGNATURES`, in no order."""
    written = pa.struct([SIGNATURES.arrow.field(name) for name in _WRITTEN])

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(written), unnest=True, batch_size=BATCH_ROWS)
    def signed(messages: daft.Series) -> pa.Array:
        return signatures_of(messages.to_arrow(), signing)

    carried = [name for name in SIGNATURES.names if name not in _WRITTEN]
    return clean.select(*carried, signed(col("messages"))).select(*SIGNATURES.names)


def signatures_of(messages: pa.Array, signing: Signing) -> pa.StructArray:
    """Number of n-grams, sketch and answers of each conversation."""
    parts = [
        _signed(Turns.of(messages.slice(start, ROWS_AT_ONCE)), signing)
        for start in range(0, max(len(messages), 1), ROWS_AT_ONCE)
    ]
    return pa.concat_arrays(parts)


def packed(hashes: np.ndarray, sizes: np.ndarray) -> pa.Array:
    """Eight bytes a hash, little-endian, row i with the next `sizes[i]` of them."""
    offsets = np.concatenate(([0], np.cumsum(sizes))) * 8
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(hashes, "<u8"))]
    return pa.Array.from_buffers(pa.large_binary(), len(sizes), buffers)


def unpacked(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The hashes and sizes that were packed."""
    column = column.cast(pa.large_binary())
    offsets = np.frombuffer(column.buffers()[1], np.int64)[column.offset : column.offset + len(column) + 1]
    flat = np.frombuffer(column.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    return flat.view("<u8"), np.diff(offsets) // 8


def _signed(turns: Turns, signing: Signing) -> pa.StructArray:
    words = WordHashes.of(turns)
    ngrams = ngrams_in(words.hashes, signing.ngram_words)
    sets = distinct_ngrams(words, ngrams, signing.ngram_words)
    sketch = sets.smallest(signing.sketch_hashes)
    long = long_answers(turns, words, signing)
    sizes = np.bincount(turns.rows[long], minlength=turns.n_rows)
    extremes = _extremes(ngrams, words.turns[long], words.turns[long + 1] - signing.ngram_words + 1)
    columns = {
        "n_shingles": pa.array(sets.sizes, pa.int32()),
        "sketch": packed(sketch.hashes, sketch.sizes),
        "answers": packed(answer_hashes(words, long), sizes),
        "answer_ngrams": packed(extremes.ravel(), sizes * NGRAMS_AN_ANSWER),
    }
    return pa.StructArray.from_arrays(list(columns.values()), names=list(columns))


def long_answers(turns: Turns, words: WordHashes, signing: Signing) -> np.ndarray:
    """The numbers of the assistant turns that are long enough to be compared."""
    said = pc.equal(turns.roles, Role.ASSISTANT.value).to_numpy(zero_copy_only=False)
    return np.flatnonzero(said & (np.diff(words.turns) >= max(signing.answer_words, signing.ngram_words)))


def answer_hashes(words: WordHashes, long: np.ndarray) -> np.ndarray:
    """A hash over the words of each of these turns."""
    # The sum of a turn's hashes, its n-th times the factor's n-th power, by sums from the batch's start.
    powers, inverses = _powers(_FACTOR, len(words.hashes)), _powers(_INVERSE, len(words.hashes))
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(words.hashes * powers)))
    starts = words.turns[long]
    return mixed((sums[words.turns[long + 1]] - sums[starts]) * inverses[starts] * _FACTOR)


def _extremes(ngrams: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The smallest and the largest n-gram of each stretch, by two orders: each is in a similar stretch
    with the probability of the similarity (Broder 1997: MinHash)."""
    stretches = np.stack([starts, ends], axis=1).ravel()
    if not len(stretches):
        return np.empty((0, NGRAMS_AN_ANSWER), np.uint64)
    by_hash = np.append(ngrams, np.uint64(0))  # ends[-1] is a place, too
    by_other = by_hash * _FACTOR
    extremes = [
        reduce.reduceat(order, stretches)[::2]
        for order in (by_hash, by_other)
        for reduce in (np.minimum, np.maximum)
    ]
    return np.stack(extremes, axis=1)


def _powers(factor: np.uint64, count: int) -> np.ndarray:
    """The first powers of an odd factor, in numbers of 64 bits that overflow."""
    return _more_powers(factor, 1 << max(count - 1, 0).bit_length())[:count]


@lru_cache(maxsize=8)
def _more_powers(factor: np.uint64, count: int) -> np.ndarray:
    return np.multiply.accumulate(np.full(count, factor))
