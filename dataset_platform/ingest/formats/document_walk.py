"""A JSON document walked to its records, once, in order; damage is passed over where a record follows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple

from dataset_platform.ingest.describing.record_paths import Holder, RecordPath, with_key
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.json_scanner import Break, Scanner
from dataset_platform.ingest.formats.json_values import decode
from dataset_platform.ingest.formats.resuming import Resumption
from dataset_platform.ingest.rejection import PAYLOAD_BYTES, Piece, Rejection
from dataset_platform.schemas import QuarantineReason

_BRACKETS = {Holder.ARRAY: ("[", "]"), Holder.OBJECT: ("{", "}")}
_OPENERS = (ord("{"), ord("["))


class Inside(NamedTuple):
    """A place in a document among the records of an array.

    `levels` are the objects around the array, from the top: the paths that begin in each.
    """

    offset: int
    levels: tuple[tuple[RecordPath, ...], ...]
    is_first: bool


class Walk:
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
        self._found_holder = False
        self._stream = stream
        self._record_key = record_key
        self._is_record_in_full = is_record
        self._max_bytes = max_bytes
        self._decoder = decoder
        self._resumption = Resumption(stream, self._is_record, max_bytes, decoder)

    def document(self, paths: Sequence[RecordPath]) -> Iterator[Piece]:
        """Records of the document that comes next, which is a rejected piece where it has none."""
        holds_others, start = self.scanner.peek() in _OPENERS, self.scanner.offset
        self._found_holder = False
        yield from self._records(paths)
        if not self._found_holder:
            if not holds_others and self.scanner.peek() is not None:
                raise self._something_follows()
            yield Piece(start, bytes_at(self._stream, start), _without_records(paths))

    def documents_after(self, paths: Sequence[RecordPath]) -> Iterator[Piece]:
        """Records of the documents that follow.

        Where documents are records, a comma may part them, and other bytes are passed over.
        """
        while (first := self.scanner.peek()) is not None:
            if first in _OPENERS:
                yield from self.document(paths)
            elif Holder.ITSELF in _holders(paths):
                yield from self._between_documents()
            else:
                raise self._something_follows()

    def _between_documents(self) -> Iterator[Piece]:
        """Bytes that are no document as one piece; a comma that parts two documents is none."""
        start, broken = self.scanner.offset, self._something_follows()
        is_followed = self.scanner.take_if(",") and self.scanner.peek() in _OPENERS
        if not is_followed or not self._resumption.are_parted_by_commas(self.scanner.offset):
            yield self._passed_over(start, Holder.ITSELF, broken)[0]

    def _records(self, paths: Sequence[RecordPath]) -> Iterator[Piece]:
        """Records in the value that comes next, whose paths begin at that value."""
        here = _holders(paths)
        first = self.scanner.peek()
        if Holder.ITSELF in here:
            self._found_holder = True
            yield self._itself(self.scanner.offset)
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
            paths = next(self._entered(paths, True), [])
        return None

    def _something_follows(self) -> Break:
        return self.scanner.break_here("something follows the end of the document")

    def _itself(self, start: int) -> Piece:
        """A document that is a record; damage is passed over where another one follows it."""
        try:
            piece, _ = self._cut_short(self._record(start), start, Holder.ITSELF)
        except Break as broken:
            piece, _ = self._passed_over(start, Holder.ITSELF, broken)
        return piece

    def _held(self, holder: Holder) -> Iterator[Piece]:
        """The records of a list or an object."""
        self.scanner.take(_BRACKETS[holder][0], "")
        yield from self._rest_held(holder, True)

    def _rest_held(self, holder: Holder, is_first: bool) -> Iterator[Piece]:
        """Records up to the holder's end; damage is passed over where a record follows it."""
        closer = _BRACKETS[holder][1]
        self._found_holder = True
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
        for below in self._entered(paths, is_first):
            yield from self._records(below)

    def _entered(self, paths: Sequence[RecordPath], is_first: bool) -> Iterator[list[RecordPath]]:
        """What is left of the paths in each field that some lead into; other fields are passed over.

        The scanner then stands before the field's value, which is to be taken.
        """
        while not self.scanner.take_if("}"):
            if not is_first:
                self.scanner.take(",", "between fields")
            is_first = False
            below = _below(paths, self._key())
            if below:
                yield below
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

    def _is_record(self, value: object) -> bool:
        """Whether a value is a record, be it a list that lacks the key it is held by."""
        return self._is_record_in_full(value) or (
            isinstance(value, list) and self._is_record_in_full(with_key(self._record_key, "", value))
        )

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
        return Piece(start, bytes_at(self._stream, start), broken.rejection), False

    def _skipped(self, start: int, resumed: int, reason: QuarantineReason | None) -> Piece:
        self.scanner = Scanner(self._stream, resumed, self._max_bytes)
        detail = f"is damaged: {resumed - start:,} bytes are skipped, reading goes on at byte {resumed}"
        rejection = Rejection(reason or QuarantineReason.BAD_SYNTAX, detail)
        return Piece(start, bytes_at(self._stream, start, resumed - start), rejection)


def _holders(paths: Sequence[RecordPath]) -> set[Holder]:
    """What holds records where the paths begin."""
    return {path.holder for path in paths if not path.fields}


def _below(paths: Sequence[RecordPath], key: object) -> list[RecordPath]:
    """What is left of the paths that lead into the field."""
    return [replace(path, fields=path.fields[1:]) for path in paths if path.fields and path.fields[0] == key]


def _without_records(paths: Sequence[RecordPath]) -> Rejection:
    places = ", ".join(f"`{path}`" for path in paths)
    return Rejection(QuarantineReason.MISSING_FIELD, f"the document has no records at {places}")


def bytes_at(stream: BinaryIO, offset: int, length: int = PAYLOAD_BYTES) -> bytes:
    stream.seek(offset)
    return stream.read(min(length, PAYLOAD_BYTES))
