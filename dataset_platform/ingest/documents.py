"""One JSON document a file, of any size: its records stream out as they are passed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from dataset_platform.ingest.json_scanner import Break, Scanner
from dataset_platform.ingest.json_values import decode
from dataset_platform.ingest.lines import skip_byte_order_mark
from dataset_platform.ingest.record_paths import Holder, RecordPath
from dataset_platform.ingest.rejection import MAX_RECORD_BYTES, PAYLOAD_BYTES, Piece, Rejection
from dataset_platform.schemas import QuarantineReason


def read_document(
    stream: BinaryIO, paths: Sequence[RecordPath], record_key: str | None = None
) -> Iterator[Piece]:
    """Every record at one of the paths, in the order of the file.

    A record whose bytes are not JSON is rejected alone. Where the document
    itself breaks, all from the record that holds the break is one rejected
    piece. Records held in an object get its key in the field `record_key`.
    What a document has outside the paths is no record and is passed over.
    """
    scanner = Scanner(stream, skip_byte_order_mark(stream))
    walk = _Walk(scanner, record_key)
    start = scanner.offset
    try:
        if scanner.peek() is None:
            empty = Rejection(QuarantineReason.EMPTY_FILE, "the file holds nothing but white space")
            yield Piece(start, b"", empty)
            return
        yield from walk.records(paths)
        if scanner.peek() is not None:
            raise scanner.break_here("something follows the end of the document")
    except Break as broken:
        stream.seek(broken.offset)
        yield Piece(broken.offset, stream.read(PAYLOAD_BYTES), broken.rejection)
        return
    if not walk.found_holder:
        yield Piece(start, _head(stream), _without_records(paths))


class _Walk:
    """Goes down a document to its records, once, in order."""

    def __init__(self, scanner: Scanner, record_key: str | None) -> None:
        self._scanner = scanner
        self._record_key = record_key
        self.found_holder = False

    def records(self, paths: Sequence[RecordPath]) -> Iterator[Piece]:
        """Records in the value that comes next, whose paths begin at that value."""
        here = {path.holder for path in paths if not path.fields}
        first = self._scanner.peek()
        if Holder.ITSELF in here:
            self.found_holder = True
            yield self._record(self._scanner.offset)
        elif first == ord("[") and Holder.ARRAY in here:
            self.found_holder = True
            yield from self._array()
        elif first == ord("{") and Holder.OBJECT in here:
            self.found_holder = True
            yield from self._object_of_records()
        elif first == ord("{"):
            yield from self._object(paths)
        else:
            self._scanner.skip()

    def _array(self) -> Iterator[Piece]:
        self._scanner.take("[", "")
        first = True
        while not self._scanner.take_if("]"):
            if not first:
                self._scanner.take(",", "between records")
            first = False
            self._scanner.peek()
            yield self._record(self._scanner.offset)

    def _object_of_records(self) -> Iterator[Piece]:
        for start, key in self._members():
            yield self._record(start, key)

    def _object(self, paths: Sequence[RecordPath]) -> Iterator[Piece]:
        for _, key in self._members():
            below = [
                replace(path, fields=path.fields[1:])
                for path in paths
                if path.fields and path.fields[0] == key
            ]
            if below:
                yield from self.records(below)
            else:
                self._scanner.skip()

    def _members(self) -> Iterator[tuple[int, object]]:
        """Start and key of each member of an object; the caller passes the value in between."""
        self._scanner.take("{", "")
        first = True
        while not self._scanner.take_if("}"):
            if not first:
                self._scanner.take(",", "between fields")
            first = False
            if self._scanner.peek() != ord('"'):
                raise self._scanner.break_here("a field has no name")
            start = self._scanner.offset
            key = _decoded(*self._scanner.value())
            self._scanner.take(":", "after a field's name")
            yield start, key

    def _record(self, start: int, key: object = None) -> Piece:
        try:
            raw, whole = self._scanner.value()
        except Break as broken:
            broken.offset = start
            raise
        content = _decoded(raw, whole)
        return Piece(start, raw, content if key is None else self._with_key(key, content))

    def _with_key(self, key: object, content: object) -> object:
        if isinstance(key, Rejection):
            return key
        if self._record_key is None or not isinstance(content, dict):
            return content
        if self._record_key in content:
            detail = f"has a field `{self._record_key}` of its own: choose another name under `record_key`"
            return Rejection(QuarantineReason.WRONG_TYPE, detail)
        return {self._record_key: key, **content}


def _decoded(raw: bytes, whole: bool) -> object:
    if not whole:
        return Rejection(QuarantineReason.TOO_LARGE, f"is larger than {MAX_RECORD_BYTES:,} bytes")
    try:
        return decode(raw)
    except Rejection as rejection:
        return rejection


def _without_records(paths: Sequence[RecordPath]) -> Rejection:
    places = ", ".join(f"`{path}`" for path in paths)
    return Rejection(QuarantineReason.MISSING_FIELD, f"the document has no records at {places}")


def _head(stream: BinaryIO) -> bytes:
    stream.seek(0)
    return stream.read(PAYLOAD_BYTES)
