"""Rows of a part, as they are handed from who reads it to who writes the tables."""

import base64
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.ingest.interpreting.conversations import Conversation
from dataset_platform.ingest.rejection import PAYLOAD_BYTES, Piece, Rejection
from dataset_platform.schemas import MESSAGE, RAW

_BATCH_ROWS = 4_000
_BATCH_BYTES = 2 * 2**20
_MESSAGES = RAW.arrow.field("messages").type
RECORD_ROWS = pa.schema(
    [RAW.arrow.field(name) for name in ("conversation_id", "messages", "attributes", "origin_position")]
)
REJECTED_ROWS = pa.schema(
    [
        ("origin_position", pa.int64()),
        ("byte", pa.int64()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("payload", pa.string()),
    ]
)


Rows = Path | Sequence[pa.RecordBatch]
"""An Arrow file, or what would be in it."""


class _RowBatches(ABC):
    """Rows of one schema in bounded batches: an Arrow file, which has at least one, or a list of them."""

    def __init__(self, path: Path | None, schema: pa.Schema) -> None:
        self._path = path
        self.rows = 0
        self._schema = schema
        self._writer: Any = None
        self._batches: list[pa.RecordBatch] = []
        self._bytes = 0

    def close(self) -> Rows:
        if self._bytes:
            self._flush()
        if self._path is None or self._writer is None:
            return self._batches
        self._writer.close()
        return self._path

    def _added(self, n_bytes: int) -> None:
        self.rows += 1
        self._bytes += n_bytes + 1  # so that rows without bytes count too
        if self._bytes >= _BATCH_BYTES or self.rows % _BATCH_ROWS == 0:
            self._flush()

    def _flush(self) -> None:
        self._write(self._taken())
        self._bytes = 0

    def _write(self, batch: pa.RecordBatch) -> None:
        if self._path is None:
            self._batches.append(batch)
            return
        if self._writer is None:
            self._writer = pa.ipc.new_file(str(self._path), self._schema)
        self._writer.write_batch(batch)

    @abstractmethod
    def _taken(self) -> pa.RecordBatch: ...


class RecordBatches(_RowBatches):
    """Records as RECORD_ROWS."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(path, RECORD_ROWS)
        self._records = _Records()

    def add(self, position: int, piece: Piece, conversation: Conversation) -> None:
        self._records.add(position, conversation)
        self._added(len(piece.raw))

    def add_mixed(self, columns: pa.RecordBatch, records: Sequence[tuple[int, Conversation]]) -> None:
        """Rows of RECORD_ROWS and records between them, in the order of their positions."""
        if self._bytes:
            self._flush()
        for position, conversation in records:
            self._records.add(position, conversation)
        if records:
            rows = pa.concat_batches([columns, self._records.taken()])
            columns = rows.take(pc.sort_indices(rows.column("origin_position")))
        self.rows += columns.num_rows
        self._write(columns)

    def _taken(self) -> pa.RecordBatch:
        return self._records.taken()


class _Records:
    """Turns are collected flat, which costs less than lists of objects."""

    def __init__(self) -> None:
        self._clear()

    def add(self, position: int, conversation: Conversation) -> None:
        self._roles += conversation.turns.roles
        self._contents += conversation.turns.contents
        self._ends.append(len(self._roles))
        self._ids.append(conversation.conversation_id)
        self._attributes.append(conversation.attributes)
        self._positions.append(position)

    def taken(self) -> pa.RecordBatch:
        """What was added since the last time."""
        turns = pa.StructArray.from_arrays(
            [pa.array(self._roles, pa.string()), pa.array(self._contents, pa.string())], fields=list(MESSAGE)
        )
        messages = pa.ListArray.from_arrays(pa.array(self._ends, pa.int32()), turns, type=_MESSAGES)
        columns = [
            pa.array(self._ids, pa.string()),
            messages,
            pa.array(self._attributes, pa.string()),
            pa.array(self._positions, pa.int64()),
        ]
        self._clear()
        return pa.record_batch(columns, schema=RECORD_ROWS)

    def _clear(self) -> None:
        self._roles: list[str] = []
        self._contents: list[str] = []
        self._ends = [0]
        self._ids: list[str] = []
        self._attributes: list[str] = []
        self._positions: list[int] = []


class RejectedBatches(_RowBatches):
    def __init__(self, path: Path | None) -> None:
        super().__init__(path, REJECTED_ROWS)
        self._found: list[tuple[Any, ...]] = []

    def add(self, position: int, piece: Piece, rejection: Rejection) -> None:
        payload = base64.b64encode(piece.raw[:PAYLOAD_BYTES]).decode()
        self._found.append((position, piece.offset, rejection.reason.value, rejection.detail, payload))
        self._added(len(payload))

    def _taken(self) -> pa.RecordBatch:
        columns = list(zip(*self._found, strict=True))
        self._found = []
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        return pa.record_batch(arrays, schema=self._schema)
