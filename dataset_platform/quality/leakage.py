"""Conversations that stand in more than one split, found without the tools that built the splits."""

import re
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import daft
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dataset_platform.quality.chunks import bounded_tables
from dataset_platform.quality.measurement import Frozen
from dataset_platform.schemas import Split

NEAR_DUPLICATE = 0.8
SHINGLE_WORDS = 5
HELD_OUT_CHECKED = 2000
_WORD = re.compile(r"\w+")
Shingles = NDArray[np.int64]


class SplitLeak(Frozen):
    """What stands in more than one split: identical texts and groups of all rows, and near-duplicates.

    Of the latter it is told how many conversations of validation and test also stand in another split.
    """

    identical: int = 0
    groups: int = 0
    held_out: int
    checked: int
    leaking: int
    examples: tuple[str, ...]
    rule: str = (
        f"Jaccard similarity of word {SHINGLE_WORDS}-grams of at least {NEAR_DUPLICATE} with a row of "
        f"another split. Of more than {HELD_OUT_CHECKED:,} held-out rows, the {HELD_OUT_CHECKED:,} with the "
        "smallest ids are checked: a random sample, since ids are digests."
    )


def split_leak(rows: daft.DataFrame | Path) -> SplitLeak:
    """Held-out rows with a near-duplicate in another split, by the true Jaccard similarity.

    Memory is bounded by the held-out rows checked and one chunk of the rest.
    """
    whole = rows if isinstance(rows, daft.DataFrame) else daft.read_parquet(str(rows))
    identical, groups = _in_two_splits(whole, "text_sha256"), _in_two_splits(whole, "split_group")
    frame = whole.select("conversation_id", "split", "messages")
    held_out_rows = frame.where(~daft.col("split").is_in([Split.TRAIN.value]))
    ids = sorted(held_out_rows.select("conversation_id").to_pydict()["conversation_id"])
    checked = ids[:HELD_OUT_CHECKED]
    if not checked:
        return SplitLeak(identical=identical, groups=groups, held_out=0, checked=0, leaking=0, examples=())
    wanted = held_out_rows.where(daft.col("conversation_id").is_in(checked))
    held_out = pa.concat_tables(bounded_tables(wanted))
    shingles, splits = _shingles(held_out), np.array(held_out["split"].to_pylist())
    leaks = np.zeros(len(shingles), bool)
    for table in bounded_tables(frame):
        other_splits = np.array(table["split"].to_pylist())
        for row, other in _near_duplicates(shingles, _shingles(table)):
            leaks[row] |= splits[row] != other_splits[other]
    examples = sorted(np.array(held_out["conversation_id"].to_pylist())[leaks])[:5]
    return SplitLeak(
        identical=identical,
        groups=groups,
        held_out=len(ids),
        checked=len(checked),
        leaking=int(leaks.sum()),
        examples=tuple(map(str, examples)),
    )


def _in_two_splits(rows: daft.DataFrame, column: str) -> int:
    """Values of a column, but for the empty one, that rows of more than one split have."""
    pairs = rows.where(daft.col(column) != daft.lit("")).select(column, "split").distinct()
    splits = pairs.groupby(column).agg(daft.col("split").count().alias("splits"))
    return splits.where(daft.col("splits") > daft.lit(1)).count_rows()


def _shingles(table: pa.Table) -> list[Shingles]:
    """CRC-32 of the distinct word 5-grams of each conversation; a shorter text is one shingle."""
    messages = table["messages"].combine_chunks()
    contents = pc.struct_field(pc.list_flatten(messages), "content").to_pylist()
    ends = np.cumsum(pc.list_value_length(messages).to_numpy(zero_copy_only=False))
    words = [_WORD.findall(" ".join(contents[start:end]).lower()) for start, end in pairwise([0, *ends])]
    return [
        np.unique(
            [
                zlib.crc32(" ".join(of_row[place : place + SHINGLE_WORDS]).encode())
                for place in range(max(1, len(of_row) - SHINGLE_WORDS + 1))
            ]
        ).astype(np.int64)
        for of_row in words
    ]


def _near_duplicates(left: list[Shingles], right: list[Shingles]) -> Iterator[tuple[int, int]]:
    """Places of pairs whose Jaccard similarity reaches the threshold."""
    vocabulary = np.unique(np.concatenate(left))
    common = (_incidence(left, vocabulary) @ _incidence(right, vocabulary).T).tocoo()
    union = (
        np.array([len(s) for s in left])[common.row]
        + np.array([len(s) for s in right])[common.col]
        - common.data
    )
    near = common.data >= NEAR_DUPLICATE * union
    yield from zip(common.row[near].tolist(), common.col[near].tolist(), strict=True)


def _incidence(rows: list[Shingles], vocabulary: Shingles) -> csr_array:
    """Rows by vocabulary, 1 where the row holds the shingle; shingles outside it are left out."""
    known = [row[np.isin(row, vocabulary, assume_unique=True)] for row in rows]
    starts = np.cumsum([0, *(len(row) for row in known)])
    columns = np.searchsorted(vocabulary, np.concatenate(known))
    return csr_array((np.ones(len(columns), np.int32), columns, starts), shape=(len(rows), len(vocabulary)))
