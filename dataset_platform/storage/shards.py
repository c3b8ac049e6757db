"""Parquet files of a store as one lazy frame, on either engine.

The native engine reads copies on this machine, whose SHA-256s were compared. On Ray each worker
fetches the files that it computes on from the store itself, with its own credentials, into
its own cache, and compares their SHA-256s there: no byte passes through this process, and the
bytes that were hashed are the bytes that are parsed.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import daft
import pyarrow as pa
import pyarrow.parquet as pq
from daft.io.pushdowns import Pushdowns
from daft.io.source import DataSource, DataSourceTask
from daft.recordbatch import RecordBatch
from daft.schema import Schema

from dataset_platform import engine
from dataset_platform.errors import StorageError, VerificationFailed, told_by_worker
from dataset_platform.settings import Engine, Settings, StorageBackend
from dataset_platform.storage.files import File, sha256_of
from dataset_platform.storage.opening import open_store

ROWS_AT_ONCE = 4_096


@dataclass(frozen=True)
class Shards:
    """Parquet files of one folder of the store: its key, and what each file has to hold."""

    home: str
    files: tuple[File, ...]


def frame_over(settings: Settings, folders: Sequence[Shards], schema: pa.Schema) -> daft.DataFrame:
    """A lazy frame over the shards, in their order.

    The native engine takes them as the store gives them, so compare SHA-256s before. On Ray a worker
    raises VerificationFailed for other bytes, when the frame runs.
    """
    engine.start(settings)
    store = open_store(settings)
    if settings.engine is Engine.RAY:
        keys = [(f"{folder.home}/{file.name}", file) for folder in folders for file in folder.files]
        files = tuple(_StoredFile(key, store.url(key), file) for key, file in keys)
        return _StoredFiles(_anywhere(settings), files, schema).read()
    local = {folder.home: store.fetch(folder.home) for folder in folders}
    return daft.read_parquet([str(local[f.home] / file.name) for f in folders for file in f.files])


def _anywhere(settings: Settings) -> Settings:
    """The settings as processes in other folders need them."""
    return settings.model_copy(update={"storage_local_path": settings.storage_local_path.absolute()})


@dataclass(frozen=True)
class _StoredFile:
    key: str
    url: str
    file: File


@dataclass(frozen=True)
class _StoredFiles(DataSource):
    """One task a file; what is sent to the workers holds no credentials."""

    settings: Settings
    files: tuple[_StoredFile, ...]
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
            yield _ReadFile(self.settings, stored, pa.schema(wanted))


@dataclass(frozen=True)
class _ReadFile(DataSourceTask):
    """Reads some columns of one file, on whichever machine the task is run."""

    settings: Settings
    stored: _StoredFile
    columns: pa.Schema

    @property
    def schema(self) -> Schema:
        return Schema.from_pyarrow_schema(self.columns)

    async def read(self) -> AsyncIterator[RecordBatch]:
        with told_by_worker():
            path = await asyncio.to_thread(self._fetched)
        with pq.ParquetFile(path) as stored:
            batches = stored.iter_batches(ROWS_AT_ONCE, columns=self.columns.names)
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                yield RecordBatch.from_arrow_record_batches([batch], batch.schema)

    def _fetched(self) -> Path:
        """A verified copy on the machine that runs this."""
        try:
            path = open_store(self.settings).fetch(self.stored.key)
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
        if self.settings.storage_backend is StorageBackend.LOCAL:
            return StorageError(
                f"{self.stored.url} is not on node {socket.gethostname()}: DATASET_ENGINE=ray needs "
                "DATASET_STORAGE_LOCAL_PATH mounted at the same place on every node; or use s3 or gcs. "
                "If it is missing here, too, materialise the asset again"
            )
        return VerificationFailed(f"{self.stored.url} is missing. Materialise the asset again")
