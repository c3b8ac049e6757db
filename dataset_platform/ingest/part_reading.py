"""One part of a file as rows, in Arrow files: what a worker does."""

from pathlib import Path
from typing import BinaryIO, NamedTuple

from dataset_platform.ingest.columns.column_reading import ColumnReader
from dataset_platform.ingest.columns.mixed_reading import read_mixed_lines, read_mixed_rows
from dataset_platform.ingest.describing.description import Reader, SourceDescription
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.record_spans import NotRecords
from dataset_platform.ingest.interpreting.conversations import Conversation, Interpreter
from dataset_platform.ingest.parts import Part, pieces
from dataset_platform.ingest.rejection import Piece, Rejection
from dataset_platform.ingest.row_batches import RecordBatches, RejectedBatches, Rows


class PartRows(NamedTuple):
    """The rows of a part, as RECORD_ROWS and REJECTED_ROWS; positions count within the part."""

    records: Rows
    rejected: Rows
    kept: int
    quarantined: int
    encoding: str
    is_sound: bool = True
    """False for a part that was offered as records and is not: nothing of it was read."""
    by_column: int = 0
    """How many records were read as columns."""


def read_part(
    description: SourceDescription, part: Part, target: Path | None, columns: ColumnReader | None = None
) -> PartRows:
    """Reads a part into Arrow files whose names begin with `target`, so that memory does not grow with the
    part; into memory without.

    With `columns`, lines and rows are read as columns where that gives the same rows.
    """
    reading = _PartReading(description, target)
    with part.path.open("rb", buffering=2**20) as stream:
        try:
            if columns is None:
                reading.read(stream, part)
            else:
                reading.read_mixed(stream, part, columns)
        except NotRecords:
            return PartRows((), (), 0, 0, reading.decoder.encoding, is_sound=False)
    return reading.close()


class _PartReading:
    def __init__(self, description: SourceDescription, target: Path | None) -> None:
        self._description = description
        self._interpreter = Interpreter(description)
        self.decoder = TextDecoder(description.encoding)
        self._records = RecordBatches(target and target.with_suffix(".records"))
        self._rejected = RejectedBatches(target and target.with_suffix(".rejected"))
        self._by_column = 0

    def read(self, stream: BinaryIO, part: Part) -> None:
        is_conversation = self._interpreter.is_conversation
        found = pieces(self._description, stream, part, self.decoder, is_conversation)
        for position, piece in enumerate(found):
            conversation = self._conversation(position, piece)
            if conversation is not None:
                self._records.add(position, piece, conversation)

    def read_mixed(self, stream: BinaryIO, part: Part, columns: ColumnReader) -> None:
        longest = self._description.limits.max_record_bytes
        mixed = (
            read_mixed_rows(stream, part.span, longest, columns)
            if self._description.reader is Reader.PARQUET
            else read_mixed_lines(stream, part.span, longest, self.decoder, columns)
        )
        for rows, pieces_between in mixed:
            between = [
                (position, conversation)
                for position, piece in pieces_between
                if (conversation := self._conversation(position, piece)) is not None
            ]
            self._records.add_mixed(rows, between)
            self._by_column += rows.num_rows

    def close(self) -> PartRows:
        files = self._records.close(), self._rejected.close()
        counts = self._records.rows, self._rejected.rows
        return PartRows(*files, *counts, self.decoder.encoding, by_column=self._by_column)

    def _conversation(self, position: int, piece: Piece) -> Conversation | None:
        """None for a piece that is none, which is rejected."""
        try:
            return self._interpreter.conversation(piece)
        except Rejection as rejection:
            self._rejected.add(position, piece, rejection)
            return None
