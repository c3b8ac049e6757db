"""Rows into release files: streamed past the selection, bucketed by id, each bucket sorted.

Text never goes through a shuffle. Rows arrive in any order and in any batches; each
goes to the scratch file of its bucket, a range of conversation ids. Buckets are then
read in order, sorted and appended to both dataset files. How many buckets there are
depends only on the rows drawn, and one bucket is one Parquet row group, so the bytes
depend on neither batches, threads nor folders.
"""

import hashlib
import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset_platform.errors import ContractError
from dataset_platform.release.manifest import FileEntry
from dataset_platform.schemas import RELEASE, Contract

BUCKET_CHARS = 16 * 2**20  # about 25 MB a bucket in Arrow; each writer holds one, and one waits
MOST_BUCKETS = 256  # scratch files open at once
TABLES_AHEAD = 1  # sorted while the writers are busy
COMPRESSION = "zstd"
REPETITIVE = (
    "split", "source", "stage", "license", "origin_file", "origin_sha256", "language", "fate", "reason",
)  # fmt: skip


TEXT = ("messages", "attributes", "redactions", "flags", "unresolved")


class HashedFile:
    """A new file that knows the size and SHA-256 of the bytes written to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO = path.open("xb")
        self._digest = hashlib.sha256()
        self._bytes = 0

    def write(self, data: bytes | memoryview) -> int:
        self._digest.update(data)
        written = self._file.write(data)
        self._bytes += written
        return written

    def tell(self) -> int:
        return self._bytes

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def entry(self, rows: int | None) -> FileEntry:
        return FileEntry(name=self.path.name, bytes=self._bytes, rows=rows, sha256=self._digest.hexdigest())


class TableWriter(Protocol):
    """Appends sorted tables to one file."""

    def write(self, table: pa.Table) -> None: ...
    def close(self) -> FileEntry: ...


class ParquetFile:
    """Parquet with zstd; each table written is one row group."""

    def __init__(self, path: Path, contract: Contract) -> None:
        self._file = HashedFile(path)
        self._rows = 0
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._file, mode="w"),
            contract.arrow,
            compression=COMPRESSION,
            use_dictionary=[name for name in contract.names if name in REPETITIVE],
            # Bounds of a text column would copy conversations into the footer.
            write_statistics=[column.name for column in contract.columns if column.name not in TEXT],
        )

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self._rows += table.num_rows

    def close(self) -> FileEntry:
        self._writer.close()
        self._file.close()
        return self._file.entry(self._rows)


class JsonLinesFile:
    """One JSON object a line, keys in the order of the columns, UTF-8."""

    def __init__(self, path: Path) -> None:
        self._file = HashedFile(path)
        self._rows = 0

    def write(self, table: pa.Table) -> None:
        if table.num_rows:
            lines = BytesIO()
            pl.DataFrame(table).write_ndjson(lines)
            self._file.write(lines.getbuffer())
        self._rows += table.num_rows

    def close(self) -> FileEntry:
        self._file.close()
        return self._file.entry(self._rows)


def write_bytes(path: Path, content: bytes, rows: int | None = None) -> FileEntry:
    """The entry of a new file with the given content."""
    file = HashedFile(path)
    file.write(content)
    file.close()
    return file.entry(rows)


def write_ledger(path: Path, ledger: pl.DataFrame, contract: Contract) -> FileEntry:
    """The entry of the ledger's Parquet file."""
    writer = ParquetFile(path, contract)
    writer.write(ledger.to_arrow().cast(contract.arrow))
    return writer.close()


class Selection:
    """Finds, for rows of a batch, which of them are drawn and what is added to them.

    `rows` has origin_file, origin_position, n_chars and the added columns. A lookup
    is a binary search in the sorted positions of each file that a batch touches.
    """

    ADDED = ("split", "cluster_id", "unresolved")

    def __init__(self, rows: pl.DataFrame) -> None:
        self.n_rows = rows.height
        self.n_chars = int(rows["n_chars"].sum())
        ordered = rows.sort("origin_file", "origin_position")
        self._added = {name: ordered[name].to_arrow() for name in self.ADDED}
        self._positions = ordered["origin_position"].to_numpy()
        ranges = (
            ordered.with_row_index("row")
            .group_by("origin_file")
            .agg(first=pl.col("row").min(), end=pl.col("row").max() + 1)
        )
        self._ranges = {file: (first, end) for file, first, end in ranges.iter_rows()}

    def pick(self, batch: pa.RecordBatch) -> pa.Table:
        """The drawn rows of a batch, as rows of schemas.RELEASE."""
        files = pc.dictionary_encode(batch["origin_file"])
        codes = files.indices.to_numpy(zero_copy_only=False)
        positions = batch["origin_position"].to_numpy(zero_copy_only=False)
        found = np.full(len(batch), -1, dtype=np.int64)
        for code, file in enumerate(files.dictionary.to_pylist()):
            if file in self._ranges:
                mine = np.flatnonzero(codes == code)
                found[mine] = self._search(self._ranges[file], positions[mine])
        drawn = np.flatnonzero(found >= 0)
        rows = pa.Table.from_batches([batch.take(pa.array(drawn))])
        for name, column in self._added.items():
            rows = rows.append_column(name, column.take(pa.array(found[drawn])))
        return rows.select(RELEASE.names).cast(RELEASE.arrow)

    def _search(self, file_range: tuple[int, int], positions: np.ndarray) -> np.ndarray:
        first, end = file_range
        known = self._positions[first:end]
        place = np.minimum(np.searchsorted(known, positions), end - first - 1)
        return np.where(known[place] == positions, place + first, -1)


class Buckets:
    """Scratch files that split rows by ranges of conversation_id; removed when closed."""

    def __init__(self, folder: Path, n_chars: int) -> None:
        self._folder = folder
        self.count = min(MOST_BUCKETS, max(1, -(-n_chars // BUCKET_CHARS)))
        self._open = ExitStack()
        folder.mkdir()
        self._writers = [
            self._open.enter_context(pa.OSFile(str(self._path(bucket)), "wb")) for bucket in range(self.count)
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

    def add(self, rows: pa.Table) -> None:
        """Rows to their buckets."""
        buckets = self._bucket_of(rows["conversation_id"])
        for bucket in np.unique(buckets):
            mine = rows.take(pa.array(np.flatnonzero(buckets == bucket))) if self.count > 1 else rows
            self._streams[bucket].write_table(mine)

    def sorted_tables(self) -> Iterator[pa.Table]:
        """The rows in order of conversation_id, one table a bucket; no row can be added after."""
        self._open.close()
        for bucket in range(self.count):
            with pa.OSFile(str(self._path(bucket)), "rb") as file:
                table = pa.ipc.open_stream(file).read_all()
            self._path(bucket).unlink()
            yield table.combine_chunks().sort_by("conversation_id").combine_chunks()

    def _bucket_of(self, ids: pa.ChunkedArray) -> np.ndarray:
        """First 32 bits of the id, scaled to the number of buckets: keeps the order of ids."""
        prefixes = "".join(pc.utf8_slice_codeunits(ids, 0, 8).to_pylist())
        numbers = np.frombuffer(bytes.fromhex(prefixes), dtype=">u4").astype(np.uint64)
        return (numbers * np.uint64(self.count)) >> np.uint64(32)

    def _path(self, bucket: int) -> Path:
        return self._folder / f"{bucket:03}.arrow"


def write_dataset(
    batches: Iterable[pa.RecordBatch], selection: Selection, parquet: Path, jsonl: Path, scratch: Path
) -> tuple[FileEntry, ...]:
    """Entries of the JSONL and Parquet files with the selected rows, in order of conversation_id.

    Raises ContractError if a selected row never came.
    """
    writers: tuple[TableWriter, ...] = (JsonLinesFile(jsonl), ParquetFile(parquet, RELEASE))
    with Buckets(scratch, selection.n_chars) as buckets:
        for batch in batches:
            buckets.add(selection.pick(batch))
        _append(buckets.sorted_tables(), writers)
    entries = tuple(writer.close() for writer in writers)
    if entries[0].rows != selection.n_rows:
        raise ContractError(
            f"{selection.n_rows} rows were drawn and {entries[0].rows} arrived: the cleaned conversations "
            f"changed during the export. Run it again."
        )
    return entries


def _append(tables: Iterable[pa.Table], writers: Sequence[TableWriter]) -> None:
    """Every table to every writer, in order; one thread a writer, and one table is sorted ahead."""
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in writers]
        waiting: deque[list[Future[None]]] = deque()
        for table in tables:
            waiting.append(
                [thread.submit(writer.write, table) for thread, writer in zip(threads, writers, strict=True)]
            )
            if len(waiting) > TABLES_AHEAD:
                _finish(waiting.popleft())
        for writes in waiting:
            _finish(writes)


def _finish(writes: Iterable[Future[None]]) -> None:
    for write in writes:
        write.result()
