"""One JSON document a file, of any size: its records stream out as they are passed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple

from dataset_platform.ingest.describing.record_paths import Holder, RecordPath, with_key
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.json_scanner import Break, Scanner
from dataset_platform.ingest.formats.json_values import decode
from dataset_platform.ingest.formats.lines import skip_byte_order_mark
from dataset_platform.ingest.formats.resuming import Resumption
from dataset_platform.ingest.rejection import PAYLOAD_BYTES, Piece, Rejection
from dataset_platform.schemas import QuarantineReason

_BRACKETS = {Holder.ARRAY: ("[", "]"), Holder.OBJECT: ("{", "}")}


class Inside(NamedTuple):
    """A place in a document among the records of an array.

    `levels` are the objects around the array, from the top: the paths that begin in each.
    """

    offset: int
    levels: tuple[tuple[RecordPath, ...], ...]
    is_first: bool


def first_array(stream: BinaryIO, paths: Sequence[RecordPath], max_bytes: int) -> Inside | None:
    """The place of the first record, where the first records lie in an array; None where they do not."""
    walk = _Walk(stream, skip_byte_order_mark(stream), None, lambda _: False, max_bytes, TextDecoder(None))
    try:
        return walk.into_array(paths)
    except (Break, Rejection):
        return None


def read_document(
    stream: BinaryIO,
    paths: Sequence[RecordPath],
    record_key: str | None,
    is_record: Callable[[Any], bool],
    max_bytes: int,
    decoder: TextDecoder,
    inside: Inside | None = None,
) -> Iterator[Piece]:
    """Every record at one of the paths, in the order of the file; from a place inside it, those that follow.

    A record whose bytes are not JSON is rejected alone. Where the document
    itself breaks, the bytes up to the next whole record (for which `is_record`
    answers) are one rejected piece; where none follows, that is all the rest.
    Records held in an object get its key in the field `record_key`. What a
    document has outside the paths is no record and is passed over.
    """
    start = inside.offset if inside else skip_byte_order_mark(stream)
    walk = _Walk(stream, start, record_key, is_record, max_bytes, decoder)
    try:
        if inside:
            yield from walk.records_after(inside)
        elif walk.scanner.peek() is None:
            empty = Rejection(QuarantineReason.EMPTY_FILE, "the file holds nothing but white space")
            yield Piece(start, b"", empty)
            return
        else:
            yield from walk.records(paths)
        if walk.scanner.peek() is not None:
            raise walk.scanner.break_here("something follows the end of the document")
    except Break as broken:
        yield Piece(broken.offset, _bytes_at(stream, broken.offset), broken.rejection)
        return
    if not walk.found_holder:
        yield Piece(start, _bytes_at(stream, 0), _without_records(paths))


class _Walk:
    """Goes down a document to its records, once, in order."""

    def __init__(
        self,
        stream: BinaryIO,
        start: int,
        record_key: str | None,
        is_record: Callable[[Any], bool],
        max_bytes: int,
        decoder: TextDecoder,
    ) -> None:
        self.scanner = Scanner(stream, start, max_bytes)
        self.found_holder = False
        self._stream = stream
        self._record_key = record_key
        self._max_bytes = max_bytes
        self._decoder = decoder
        self._resumption = Resumption(stream, is_record, max_bytes, decoder)

    def records(self, paths: Sequence[RecordPath]) -> Iterator[Piece]:
        """Records in the value that comes next, whose paths begin at that value."""
        here = _holders(paths)
        first = self.scanner.peek()
        if Holder.ITSELF in here:
            self.found_holder = True
            yield self._record(self.scanner.offset)
        elif first == ord("[") and Holder.ARRAY in here:
            yield from self._held(Holder.ARRAY)
        elif first == ord("{") and Holder.OBJECT in here:
            yield from self._held(Holder.OBJECT)
        elif first == ord("{"):
            yield from self._object(paths)
        else:
            self.scanner.skip()

    def records_after(self, inside: Inside) -> Iterator[Piece]:
        """Records from a place inside the document on."""
        yield from self._rest_held(Holder.ARRAY, inside.is_first)
        for paths in reversed(inside.levels):
            yield from self._fields(paths, False)

    def into_array(self, paths: Sequence[RecordPath]) -> Inside | None:
        """Moves behind the bracket of the first array of records; None where other records come first."""
        levels: list[tuple[RecordPath, ...]] = []
        while Holder.ITSELF not in _holders(paths):
            if Holder.ARRAY in _holders(paths) and self.scanner.take_if("["):
                return Inside(self.scanner.offset, tuple(levels), True)
            if Holder.OBJECT in _holders(paths) or not paths or not self.scanner.take_if("{"):
                return None
            levels.append(tuple(paths))
            paths = self._first_below(paths)
        return None

    def _first_below(self, paths: Sequence[RecordPath]) -> list[RecordPath]:
        """Moves to the value of the first field that paths lead into; gives their rests, none at the end."""
        is_first = True
        while not self.scanner.take_if("}"):
            if not is_first:
                self.scanner.take(",", "between fields")
            is_first = False
            below = _below(paths, self._key())
            if below:
                return below
            self.scanner.skip()
        return []

    def _held(self, holder: Holder) -> Iterator[Piece]:
        """The records of a list or an object."""
        self.scanner.take(_BRACKETS[holder][0], "")
        yield from self._rest_held(holder, True)

    def _rest_held(self, holder: Holder, is_first: bool) -> Iterator[Piece]:
        """Records up to the holder's end; damage is passed over where a record follows it."""
        closer = _BRACKETS[holder][1]
        self.found_holder = True
        while True:
            start = self.scanner.offset
            try:
                if self.scanner.take_if(closer):
                    return
                if not is_first:
                    self.scanner.take(",", "between records")
                    self.scanner.peek()
                start = self.scanner.offset
                piece = self._record(start, self._key() if holder is Holder.OBJECT else None)
            except Break as broken:
                piece, is_first = self._passed_over(start, holder, broken)
            else:
                piece, is_first = self._cut_short(piece, start, holder)
            yield piece

    def _object(self, paths: Sequence[RecordPath]) -> Iterator[Piece]:
        self.scanner.take("{", "")
        yield from self._fields(paths, True)

    def _fields(self, paths: Sequence[RecordPath], is_first: bool) -> Iterator[Piece]:
        while not self.scanner.take_if("}"):
            if not is_first:
                self.scanner.take(",", "between fields")
            is_first = False
            below = _below(paths, self._key())
            if below:
                yield from self.records(below)
            else:
                self.scanner.skip()

    def _key(self) -> object:
        """The next field's name, or why it is none; the scanner then stands before its value."""
        if self.scanner.peek() != ord('"'):
            raise self.scanner.break_here("a field has no name")
        key, _ = self._decoded(self.scanner.value())
        self.scanner.take(":", "after a field's name")
        return key

    def _record(self, start: int, key: object = None) -> Piece:
        try:
            raw = self.scanner.value()
        except Break as broken:
            broken.offset = start
            raise
        content, canonical = self._decoded(raw)
        if key is None:
            return Piece(start, raw, content, canonical)
        return Piece(start, raw, with_key(self._record_key, key, content))

    def _decoded(self, raw: bytes) -> tuple[object, bytes | None]:
        try:
            return decode(raw, self._decoder)
        except Rejection as rejection:
            return rejection, None

    def _cut_short(self, piece: Piece, start: int, holder: Holder) -> tuple[Piece, bool]:
        """The piece, and whether it ends at a record that was swallowed by a damaged one.

        A bracket that was lost can make one value of several records.
        """
        content = piece.content
        if not isinstance(content, Rejection) or content.reason is not QuarantineReason.BAD_SYNTAX:
            return piece, False
        resumed = self._resumption.after(start + 1, holder, self.scanner.offset)
        if resumed is None:
            return piece, False
        return self._skipped(start, resumed, content.reason), True

    def _passed_over(self, start: int, holder: Holder, broken: Break) -> tuple[Piece, bool]:
        """The damaged bytes as one piece, and whether it ends at a record.

        Raises the Break, from `start`, where no record follows and no value ends.
        """
        is_large = broken.rejection.reason is QuarantineReason.TOO_LARGE
        resumed = self._resumption.after(start + 1, holder)
        if resumed is not None:
            return self._skipped(start, resumed, broken.rejection.reason if is_large else None), True
        broken.offset = start
        if not is_large:
            raise broken
        self.scanner = Scanner(self._stream, start, self._max_bytes)
        if holder is Holder.OBJECT:
            self.scanner.skip()
            self.scanner.take(":", "after a field's name")
        self.scanner.skip()
        return Piece(start, _bytes_at(self._stream, start), broken.rejection), False

    def _skipped(self, start: int, resumed: int, reason: QuarantineReason | None) -> Piece:
        self.scanner = Scanner(self._stream, resumed, self._max_bytes)
        detail = f"is damaged: {resumed - start:,} bytes are skipped, reading goes on at byte {resumed}"
        rejection = Rejection(reason or QuarantineReason.BAD_SYNTAX, detail)
        return Piece(start, _bytes_at(self._stream, start, resumed - start), rejection)


def _holders(paths: Sequence[RecordPath]) -> set[Holder]:
    """What holds records where the paths begin."""
    return {path.holder for path in paths if not path.fields}


def _below(paths: Sequence[RecordPath], key: object) -> list[RecordPath]:
    """What is left of the paths that lead into the field."""
    return [replace(path, fields=path.fields[1:]) for path in paths if path.fields and path.fields[0] == key]


def _without_records(paths: Sequence[RecordPath]) -> Rejection:
    places = ", ".join(f"`{path}`" for path in paths)
    return Rejection(QuarantineReason.MISSING_FIELD, f"the document has no records at {places}")


def _bytes_at(stream: BinaryIO, offset: int, length: int = PAYLOAD_BYTES) -> bytes:
    stream.seek(offset)
    return stream.read(min(length, PAYLOAD_BYTES))
