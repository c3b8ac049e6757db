"""Rows into Parquet whose bytes depend on the rows alone, however they come in batches."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset_platform.schemas import QUARANTINE, RAW

Weigh = Callable[[pa.RecordBatch], np.ndarray]
"""Bytes of each row's long columns."""

_GROUP_ROWS = 16_384
_GROUP_BYTES = 8 * 2**20
_SHARD_BYTES = 256 * 2**20
_ROW_BYTES = 256  # what the short columns of a row come to, about
_ENCODING_BATCH = 1_024
_POOL = pa.system_memory_pool()  # gives memory back between row groups, which mimalloc does not


class RowTable:
    """Parquet files `<stem>-00000.parquet`, … of one schema; there is always a first, be it empty.

    A row group ends with the row that makes it 8 MiB of text or 16,384 rows, a
    file with the row group that makes it 256 MiB. Rows that were copied from
    such files therefore give the same bytes as rows that were read.
    """

    def __init__(
        self, folder: Path, stem: str, schema: pa.Schema, weigh: Weigh, plain: Sequence[str]
    ) -> None:
        """`plain` names the columns whose values hardly repeat, so that a dictionary of them is a waste."""
        self._paths: list[Path] = []
        self._folder, self._stem, self._schema, self._weigh = folder, stem, schema, weigh
        self._repeating = [name for name in _leaves(schema) if name not in plain]
        self._group: list[pa.RecordBatch] = []
        self._group_rows = self._group_bytes = 0
        self._begin_file()

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(self._paths)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._write_group()
        self._writer.close()

    def add(self, batch: pa.RecordBatch) -> None:
        ends = np.cumsum(self._weigh(batch) + _ROW_BYTES)
        start = weighed = 0
        while start < batch.num_rows:
            # The first row at which the group is full, by bytes or by rows.
            by_bytes = int(np.searchsorted(ends, weighed + _GROUP_BYTES - self._group_bytes)) + 1
            by_rows = start + _GROUP_ROWS - self._group_rows
            end = min(max(by_bytes, start + 1), by_rows)
            is_full = end <= batch.num_rows
            end = min(end, batch.num_rows)
            self._group.append(batch.slice(start, end - start))
            self._group_rows += end - start
            self._group_bytes += int(ends[end - 1]) - weighed
            if is_full:
                self._write_group()
            start, weighed = end, int(ends[end - 1])

    def _write_group(self) -> None:
        if not self._group_rows:
            return
        if self._file_bytes >= _SHARD_BYTES:
            self._writer.close()
            self._begin_file()
        # One chunk a column: where pages end depends on the chunks.
        group = pa.Table.from_batches(self._group, self._schema).combine_chunks(_POOL)
        self._writer.write_table(group, row_group_size=self._group_rows)
        self._file_bytes += self._group_bytes
        self._group = []
        self._group_rows = self._group_bytes = 0

    def _begin_file(self) -> None:
        self._paths.append(self._folder / f"{self._stem}-{len(self._paths):05}.parquet")
        self._writer = pq.ParquetWriter(
            self._paths[-1],
            self._schema,
            compression="zstd",
            use_dictionary=self._repeating,
            write_statistics=self._repeating,
            write_batch_size=_ENCODING_BATCH,
            memory_pool=_POOL,
        )
        self._file_bytes = 0


def record_table(folder: Path) -> RowTable:
    """`records-*.parquet` of the contract RAW."""
    plain = ("conversation_id", "messages.list.element.content", "attributes", "origin_position")
    return RowTable(folder, "records", RAW.arrow, _weight_of_record, plain)


def quarantine_table(folder: Path) -> RowTable:
    """`quarantine-*.parquet` of the contract QUARANTINE."""
    plain = ("detail", "payload", "origin_position")
    return RowTable(folder, "quarantine", QUARANTINE.arrow, _weight_of_rejected, plain)


def _weight_of_record(batch: pa.RecordBatch) -> np.ndarray:
    messages = batch.column("messages")
    lengths = _lengths(messages.flatten().field("content"))
    before = np.concatenate([[0], np.cumsum(lengths)])
    ends = np.asarray(messages.offsets) - messages.offsets[0].as_py()
    return np.diff(before[ends]) + _lengths(batch.column("attributes"))


def _weight_of_rejected(batch: pa.RecordBatch) -> np.ndarray:
    return _lengths(batch.column("payload")) + _lengths(batch.column("detail"))


def _lengths(texts: pa.Array) -> np.ndarray:
    return pc.binary_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)


def _leaves(schema: pa.Schema) -> list[str]:
    """Columns as Parquet names them."""
    leaves = []
    for field in schema:
        if pa.types.is_list(field.type):
            leaves += [f"{field.name}.list.element.{inner.name}" for inner in field.type.value_type]
        else:
            leaves.append(field.name)
    return leaves
