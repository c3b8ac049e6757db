"""Records and rejections into Parquet shards, in bounded batches."""

import base64
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.ingest.conversations import Conversation
from dataset_platform.ingest.description import SourceDescription
from dataset_platform.ingest.rejection import PAYLOAD_BYTES, Piece, Rejection
from dataset_platform.schemas import MESSAGE, QUARANTINE, RAW

_BATCH_ROWS = 2_000
_BATCH_BYTES = 16 * 2**20
_SHARD_BYTES = 256 * 2**20


class Origin(NamedTuple):
    """The file that rows come from."""

    file: str
    sha256: str


class Shards:
    """Parquet files `<stem>-00000.parquet`, … of one schema; there is always a first, be it empty.

    A shard ends with the batch that takes it past 256 MiB in memory, so the
    files' bytes depend on the rows alone.
    """

    def __init__(self, folder: Path, stem: str, schema: pa.Schema) -> None:
        self.paths: list[Path] = []
        self._folder, self._stem, self._schema = folder, stem, schema
        self._begin()

    def write(self, arrays: list[pa.Array]) -> None:
        if self._bytes > _SHARD_BYTES:
            self._writer.close()
            self._begin()
        batch = pa.record_batch(arrays, schema=self._schema)
        self._writer.write_batch(batch)
        self._bytes += batch.nbytes

    def close(self) -> None:
        self._writer.close()

    def _begin(self) -> None:
        self.paths.append(self._folder / f"{self._stem}-{len(self.paths):05}.parquet")
        self._writer = pq.ParquetWriter(self.paths[-1], self._schema, compression="zstd")
        self._bytes = 0


class _Table:
    """Rows held as one Python list a column until they make a batch."""

    def __init__(self, folder: Path, stem: str, schema: pa.Schema, same: dict[str, Any]) -> None:
        """`same` holds the columns that have one value in every row."""
        self._shards = Shards(folder, stem, schema)
        self._schema = schema
        self._same = same
        self._clear()

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(self._shards.paths)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()
        self._shards.close()

    def _append(self, row: dict[str, Any], n_bytes: int) -> None:
        for name, value in row.items():
            self._columns[name].append(value)
        self._rows += 1
        self._bytes += n_bytes
        if self._rows >= _BATCH_ROWS or self._bytes >= _BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._shards.write([self._array(field) for field in self._schema])
        self._clear()

    def _array(self, field: pa.Field) -> pa.Array:
        if field.name in self._same:
            return pa.repeat(pa.scalar(self._same[field.name], field.type), self._rows)
        return pa.array(self._columns[field.name], field.type)

    def _clear(self) -> None:
        self._columns: dict[str, list[Any]] = {name: [] for name in self._schema.names}
        self._rows = self._bytes = 0


class RecordTable(_Table):
    """Rows of the contract RAW; turns are collected flat, which costs less than lists of objects."""

    def __init__(self, folder: Path, description: SourceDescription) -> None:
        described = {
            "source": description.name,
            "stage": description.stage.value,
            "is_edge_case": description.is_edge_case,
            "license": description.license,
        }
        super().__init__(folder, "records", RAW.arrow, described)

    def add(self, origin: Origin, position: int, piece: Piece, conversation: Conversation) -> None:
        for role, content in conversation.turns:
            self._roles.append(role)
            self._contents.append(content)
        row = {
            "conversation_id": conversation.conversation_id,
            "messages": len(self._roles),  # where the row's turns end in the flat lists
            "attributes": conversation.attributes,
            "origin_file": origin.file,
            "origin_sha256": origin.sha256,
            "origin_position": position,
        }
        self._append(row, len(piece.raw))

    def _array(self, field: pa.Field) -> pa.Array:
        if field.name != "messages":
            return super()._array(field)
        turns = pa.StructArray.from_arrays(
            [pa.array(self._roles, pa.string()), pa.array(self._contents, pa.string())], fields=list(MESSAGE)
        )
        offsets = pa.array([0, *self._columns["messages"]], pa.int32())
        return pa.ListArray.from_arrays(offsets, turns, type=field.type)

    def _clear(self) -> None:
        super()._clear()
        self._roles: list[str] = []
        self._contents: list[str] = []


class QuarantineTable(_Table):
    """Rows of the contract QUARANTINE."""

    def __init__(self, folder: Path, description: SourceDescription) -> None:
        super().__init__(folder, "quarantine", QUARANTINE.arrow, {"source": description.name})

    def add(self, origin: Origin, position: int, piece: Piece, rejection: Rejection) -> None:
        payload = piece.raw[:PAYLOAD_BYTES]
        row = {
            "origin_file": origin.file,
            "origin_sha256": origin.sha256,
            "origin_position": position,
            "reason": rejection.reason.value,
            "detail": f"{origin.file}, record {position}, byte {piece.offset}: {rejection.detail}",
            "payload": base64.b64encode(payload).decode(),
        }
        self._append(row, len(payload))
