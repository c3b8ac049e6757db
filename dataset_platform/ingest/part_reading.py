"""One part of a file as rows, in Arrow files: what a worker does."""

import base64
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from dataset_platform.ingest.describing.description import SourceDescription
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.record_spans import NotRecords
from dataset_platform.ingest.interpreting.conversations import Conversation, Interpreter
from dataset_platform.ingest.parts import Part, pieces
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


class PartRows(NamedTuple):
    """Where the rows of a part lie, as RECORD_ROWS and REJECTED_ROWS; positions count within the part."""

    records: Path | None
    rejected: Path | None
    kept: int
    quarantined: int
    encoding: str
    is_sound: bool = True
    """False for a part that was offered as records and is not: nothing of it was read."""


def read_part(description: SourceDescription, part: Part, target: Path) -> PartRows:
    """Reads a part into Arrow files whose names begin with `target`; memory does not grow with the part."""
    interpreter = Interpreter(description)
    decoder = TextDecoder(description.encoding)
    records, rejected = _Records(target.with_suffix(".records")), _Rejected(target.with_suffix(".rejected"))
    with part.path.open("rb", buffering=2**20) as stream:
        try:
            found = pieces(description, stream, part, decoder, interpreter.is_conversation)
        except NotRecords:
            return PartRows(None, None, 0, 0, decoder.encoding, is_sound=False)
        for position, piece in enumerate(found):
            try:
                conversation = interpreter.conversation(piece)
            except Rejection as rejection:
                rejected.add(position, piece, rejection)
            else:
                records.add(position, piece, conversation)
    return PartRows(records.close(), rejected.close(), records.rows, rejected.rows, decoder.encoding)


class _Rows(ABC):
    """An Arrow file of one schema, written in bounded batches; there is none without rows."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self.rows = 0
        self._schema = schema
        self._writer: Any = None
        self._bytes = 0

    def close(self) -> Path | None:
        """The file; None when there was no row."""
        if self._bytes:
            self._flush()
        if self._writer is None:
            return None
        self._writer.close()
        return self._path

    def _added(self, n_bytes: int) -> None:
        self.rows += 1
        self._bytes += n_bytes + 1  # so that rows without bytes count too
        if self._bytes >= _BATCH_BYTES or self.rows % _BATCH_ROWS == 0:
            self._flush()

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pa.ipc.new_file(str(self._path), self._schema)
        self._writer.write_batch(self._taken())
        self._bytes = 0

    @abstractmethod
    def _taken(self) -> pa.RecordBatch: ...


class _Records(_Rows):
    """Turns are collected flat, which costs less than lists of objects."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, RECORD_ROWS)
        self._clear()

    def add(self, position: int, piece: Piece, conversation: Conversation) -> None:
        self._roles += conversation.turns.roles
        self._contents += conversation.turns.contents
        self._ends.append(len(self._roles))
        self._ids.append(conversation.conversation_id)
        self._attributes.append(conversation.attributes)
        self._positions.append(position)
        self._added(len(piece.raw))

    def _taken(self) -> pa.RecordBatch:
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
        return pa.record_batch(columns, schema=self._schema)

    def _clear(self) -> None:
        self._roles: list[str] = []
        self._contents: list[str] = []
        self._ends = [0]
        self._ids: list[str] = []
        self._attributes: list[str] = []
        self._positions: list[int] = []


class _Rejected(_Rows):
    def __init__(self, path: Path) -> None:
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
