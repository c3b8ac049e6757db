"""Sorting text without a shuffle: rows go to the scratch file of their bucket, and each bucket is sorted.

How many buckets there are depends only on the rows drawn.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import polars as pl
import pyarrow as pa

from dataset_platform.schemas import RELEASE, Split

BUCKET_CHARS = 16 * 2**20  # about 25 MB a bucket in Arrow; each writer holds one, and one waits
ID_BYTES = 4  # of a digest: 32 bits
MOST_BUCKETS = 256  # scratch files open at once


def bucketed(rows: pl.DataFrame) -> tuple[pl.Series, list[Split]]:
    """The bucket of each row, and the split of each bucket.

    Rows have conversation_id (bytes), split and n_chars. Buckets follow the order of splits, then of ids: a
    row's is the first 32 bits of its id, scaled to the buckets of its split.
    """
    found = dict(rows.group_by("split").agg(pl.col("n_chars").sum()).iter_rows())
    chars = {split: found[split.value] for split in Split if split.value in found}
    in_one = max(BUCKET_CHARS, -(-sum(chars.values()) // (MOST_BUCKETS - len(Split))))
    counts = {split: max(1, -(-of_split // in_one)) for split, of_split in chars.items()}
    firsts = dict(zip(counts, np.cumsum([0, *counts.values()]).tolist(), strict=False))

    def of_split(numbers: dict[Split, int]) -> pl.Expr:
        return pl.col("split").replace_strict(numbers, return_dtype=pl.UInt64)

    leading = pl.col("conversation_id").bin.head(ID_BYTES).bin
    prefix = leading.reinterpret(dtype=pl.UInt32, endianness="big").cast(pl.UInt64)
    bucket = of_split(firsts) + prefix * of_split(counts) // 256**ID_BYTES
    splits = [split for split, count in counts.items() for _ in range(count)]
    return rows.select(bucket=bucket.cast(pl.UInt16)).to_series(), splits


class Buckets:
    """Scratch files, one a bucket; removed when closed."""

    def __init__(self, folder: Path, splits: Sequence[Split]) -> None:
        self._folder = folder
        self._splits = splits
        self._open = ExitStack()
        folder.mkdir()
        self._writers = [
            self._open.enter_context(pa.OSFile(str(self._path(bucket)), "wb"))
            for bucket in range(len(self._splits))
        ]
        self._streams = [
            self._open.enter_context(pa.ipc.new_stream(writer, RELEASE.arrow)) for writer in self._writers
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        shutil.rmtree(self._folder)

    def add(self, bucket: int, rows: pa.Table) -> None:
        self._streams[bucket].write_table(rows)

    def sorted_rows(self) -> Iterator[tuple[Split, pa.Table]]:
        """The rows by split and conversation_id, one table a bucket; no row can be added after."""
        self._open.close()
        for bucket, split in enumerate(self._splits):
            with pa.memory_map(str(self._path(bucket))) as file:
                rows = pa.ipc.open_stream(file).read_all()
            self._path(bucket).unlink()
            # Arrow copies texts into their order, where polars would leave them scattered: that writes lines
            # in two thirds of the time.
            yield split, rows.sort_by("conversation_id")

    def _path(self, bucket: int) -> Path:
        return self._folder / f"{bucket:03}.arrow"
