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
from dataset_platform.curate.shingles import ROWS_AT_ONCE, ngram_sets
from dataset_platform.curate.word_hashes import WordHashes, mixed
from dataset_platform.schemas import SIGNATURES, Role

# Rows a batch: their texts stay few megabytes.
BATCH_ROWS = 4_096
_WRITTEN = ("n_shingles", "sketch", "answers")
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
    sets = ngram_sets(words, signing.ngram_words)
    sketch = sets.smallest(signing.sketch_hashes)
    columns = {
        "n_shingles": pa.array(sets.sizes, pa.int32()),
        "sketch": packed(sketch.hashes, sketch.sizes),
        "answers": packed(*_answers(turns, words, signing.answer_words)),
    }
    return pa.StructArray.from_arrays(list(columns.values()), names=list(columns))


def _answers(turns: Turns, words: WordHashes, least_words: int) -> tuple[np.ndarray, np.ndarray]:
    """A hash over the words of each longer assistant turn, and how many of them each conversation has."""
    lengths = np.diff(words.turns)
    said = pc.equal(turns.roles, Role.ASSISTANT.value).to_numpy(zero_copy_only=False)
    long = np.flatnonzero(said & (lengths >= least_words))
    sizes = np.bincount(turns.rows[long], minlength=turns.n_rows)
    if not len(long):
        return np.empty(0, np.uint64), sizes
    # The sum of each turn's hashes, its n-th times the factor's n-th power, by sums from the batch's start.
    powers, inverses = _powers(_FACTOR, len(words.hashes)), _powers(_INVERSE, len(words.hashes))
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(words.hashes * powers)))
    starts = words.turns[long]
    return mixed((sums[words.turns[long + 1]] - sums[starts]) * inverses[starts] * _FACTOR), sizes


def _powers(factor: np.uint64, count: int) -> np.ndarray:
    """The first powers of an odd factor, in numbers of 64 bits that overflow."""
    return _more_powers(factor, 1 << max(count - 1, 0).bit_length())[:count]


@lru_cache(maxsize=8)
def _more_powers(factor: np.uint64, count: int) -> np.ndarray:
    return np.multiply.accumulate(np.full(count, factor))
