"""The files of rows: shards of one split each, in every format of the release.

A table that is written becomes one Parquet row group, and is never parted between shards. Where a shard ends
follows from the rows alone, so equal rows give equal shards.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.release.files import shard_name
from dataset_platform.release.hashed_files import HashedFile
from dataset_platform.release.manifest import FileEntry
from dataset_platform.schemas import Contract, Split

SHARD_BYTES = 500_000_000  # with its footer, a shard stays below the 512 MB that are promised
COMPRESSION = "zstd"
REPETITIVE = (
    "split", "source", "stage", "license", "origin_file", "origin_sha256", "language", "fate", "reason",
)  # fmt: skip
ROLES = ["messages.list.element.role"]
TEXT = ("messages", "attributes", "redactions", "flags", "unresolved")


class ParquetFile:
    """Parquet with zstd; each table written is one row group."""

    suffix = "parquet"

    def __init__(self, path: Path, contract: Contract) -> None:
        self._file = HashedFile(path)
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._file, mode="w"),
            contract.arrow,
            compression=COMPRESSION,
            use_dictionary=[name for name in contract.names if name in REPETITIVE] + ROLES,
            # Bounds of a text column would copy conversations into the footer.
            write_statistics=[column.name for column in contract.columns if column.name not in TEXT],
        )

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))

    def tell(self) -> int:
        return self._file.tell()

    def close(self, rows: int) -> FileEntry:
        self._writer.close()
        self._file.close()
        return self._file.entry(rows)


class LinesFile:
    """Lines as they come."""

    suffix = "jsonl"

    def __init__(self, path: Path) -> None:
        self._file = HashedFile(path)

    def write(self, lines: memoryview) -> None:
        self._file.write(lines)

    def tell(self) -> int:
        return self._file.tell()

    def close(self, rows: int) -> FileEntry:
        self._file.close()
        return self._file.entry(rows)


class ShardFile(Protocol):
    """An open file that takes packed tables."""

    def write(self, packed: Any) -> None: ...
    def tell(self) -> int: ...
    def close(self, rows: int) -> FileEntry: ...


class Shards:
    """A folder of the shards of one format.

    `pack` turns rows into what the files take, which has `nbytes`: no shard grows by more than that.
    """

    def __init__(
        self,
        folder: Path,
        suffix: str,
        pack: Callable[[pa.Table], Any],
        start: Callable[[Path], ShardFile],
    ) -> None:
        self._folder, self._suffix, self._pack, self._start = folder, suffix, pack, start
        self._open: ShardFile | None = None
        self._split: Split | None = None
        self._rows = 0
        self._closed: list[tuple[Split, FileEntry]] = []
        folder.mkdir()

    def write(self, split: Split, rows: pa.Table) -> None:
        """Appends the rows of one split; splits come one after the other."""
        packed = self._pack(rows)
        full = self._open is not None and self._open.tell() + packed.nbytes > SHARD_BYTES
        if full or split is not self._split:
            self._end_shard()
            self._open, self._split = self._start(self._folder / f"{len(self._closed)}.{self._suffix}"), split
        if self._open:
            self._open.write(packed)
        self._rows += rows.num_rows

    def close(self) -> tuple[FileEntry, ...]:
        """The entries of all shards, under names that say how many there are of each split."""
        self._end_shard()
        entries = []
        for split in Split:
            shards = [entry for of, entry in self._closed if of is split]
            for number, entry in enumerate(shards, start=1):
                name = shard_name(split, number, len(shards), self._suffix)
                (self._folder / entry.name).rename(self._folder / name)
                entries.append(entry.model_copy(update={"name": f"{self._folder.name}/{name}"}))
        return tuple(entries)

    def _end_shard(self) -> None:
        if self._open and self._split:
            self._closed.append((self._split, self._open.close(self._rows)))
        self._open, self._rows = None, 0
