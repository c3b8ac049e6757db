"""Parquet files of a store as one lazy frame, on either engine.

The native engine reads copies on this machine, whose SHA-256s were compared. On Ray each worker
fetches the files that it computes on from the store itself, with its own credentials, into
its own cache, and compares their SHA-256s there: no byte passes through this process, and the
bytes that were hashed are the bytes that are parsed.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import daft
import pyarrow as pa
import pyarrow.parquet as pq
from daft.io.pushdowns import Pushdowns
from daft.io.source import DataSource, DataSourceTask
from daft.recordbatch import RecordBatch
from daft.schema import Schema

from dataset_platform import engine
from dataset_platform.errors import InputError, StorageError, VerificationFailed, told_by_worker
from dataset_platform.settings import Engine, Settings, StorageBackend, load_settings
from dataset_platform.storage.files import File, sha256_of
from dataset_platform.storage.opening import open_store

ROWS_AT_ONCE = 4_096
TASKS_PER_CPU = 2  # so that none waits long for the last one; large tables have more files than that


@dataclass(frozen=True)
class Shards:
    """Parquet files of one folder of the store: its key, and what each file has to hold."""

    home: str
    files: tuple[File, ...]


def frame_over(settings: Settings, folders: Sequence[Shards], schema: pa.Schema) -> daft.DataFrame:
    """A lazy frame over the shards, in their order.

    The native engine takes them as the store gives them, so compare SHA-256s before. On Ray a worker
    raises VerificationFailed for other bytes, when the frame runs. Raises InputError for files of an earlier
    version of the platform, which lack a column; on Ray the worker does.
    """
    engine.start(settings)
    store = open_store(settings)
    if settings.engine is Engine.RAY:
        keys = [(f"{folder.home}/{file.name}", file) for folder in folders for file in folder.files]
        files = tuple(_StoredFile(key, store.url(key), file) for key, file in keys)
        parts = -(-TASKS_PER_CPU * engine.cpus() // max(len(files), 1))
        return _StoredFiles(_shared(settings), files, parts, schema).read()
    local = {folder.home: store.fetch(folder.home) for folder in folders}
    for folder in folders:
        for file in folder.files[:1]:  # a folder is of one version
            _require_columns(local[folder.home] / file.name, store.url(folder.home), schema.names)
    return daft.read_parquet([str(local[f.home] / file.name) for f in folders for file in f.files])


def _require_columns(path: Path, url: str, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in set(pq.read_schema(path).names)]
    if missing:
        raise InputError(
            f"{url} lacks {', '.join(missing)}, as an earlier version of the platform wrote it. Make tables "
            "again with `dataset-platform sources clean`; a release stays what it is, so cut a new version"
        )


def _shared(settings: Settings) -> dict[str, Any]:
    """The settings that hold on every machine: where the store is, not where a machine keeps its copies."""
    root = settings.storage_local_path.absolute()
    return settings.model_dump(exclude={"cache_dir", "cache_max_gb"}) | {"storage_local_path": root}


@dataclass(frozen=True)
class _StoredFile:
    key: str
    url: str
    file: File


@dataclass(frozen=True)
class _StoredFiles(DataSource):
    """So many tasks a file; what is sent to the workers holds no credentials."""

    settings: Mapping[str, Any]
    files: tuple[_StoredFile, ...]
    parts: int
    columns: pa.Schema

    @property
    def name(self) -> str:
        return "stored shards"

    @property
    def schema(self) -> Schema:
        return Schema.from_pyarrow_schema(self.columns)

    async def get_tasks(self, pushdowns: Pushdowns) -> AsyncIterator[DataSourceTask]:
        filtered = pushdowns.filter_required_column_names()
        wanted = [
            field
            for field in self.columns
            if pushdowns.columns is None or field.name in pushdowns.columns or field.name in filtered
        ]
        for stored in self.files:
            for part in range(self.parts):
                yield _ReadPart(self.settings, stored, part, self.parts, pa.schema(wanted))


@dataclass(frozen=True)
class _ReadPart(DataSourceTask):
    """Reads some columns of some row groups of one file, on whichever machine the task is run."""

    settings: Mapping[str, Any]
    stored: _StoredFile
    part: int
    parts: int
    columns: pa.Schema

    @property
    def schema(self) -> Schema:
        return Schema.from_pyarrow_schema(self.columns)

    async def read(self) -> AsyncIterator[RecordBatch]:
        with told_by_worker():
            path = await asyncio.to_thread(self._fetched)
            _require_columns(path, self.stored.url, self.columns.names)
        with pq.ParquetFile(path) as stored:
            groups = range(stored.num_row_groups)
            first, end = (len(groups) * part // self.parts for part in (self.part, self.part + 1))
            batches = stored.iter_batches(ROWS_AT_ONCE, groups[first:end], self.columns.names)
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                yield RecordBatch.from_arrow_record_batches([batch], batch.schema)

    def _fetched(self) -> Path:
        """A verified copy on the machine that runs this."""
        try:
            path = open_store(load_settings(**self.settings)).fetch(self.stored.key)
        except FileNotFoundError:
            raise self._missing() from None
        found, expected = sha256_of(path), self.stored.file.sha256
        if found != expected:
            raise VerificationFailed(
                f"{self.stored.url} differs from the manifest: SHA-256 {found}, expected {expected}. "
                "Materialise the asset again"
            )
        return path

    def _missing(self) -> StorageError | VerificationFailed:
        if self.settings["storage_backend"] is StorageBackend.LOCAL:
            return StorageError(
                f"{self.stored.url} is not on node {socket.gethostname()}: DATASET_ENGINE=ray needs "
                "DATASET_STORAGE_LOCAL_PATH mounted at the same place on every node; or use s3 or gcs. "
                "If it is missing here, too, materialise the asset again"
            )
        return VerificationFailed(f"{self.stored.url} is missing. Materialise the asset again")
