"""Where JSON values begin and end in a stream, without building them and without recursion.

The scanner finds the end of a value from its brackets and strings alone, so a
record with a wrong byte inside is still one record, which the parser then
refuses by itself. It stops at what cannot be JSON: a byte outside strings that
no JSON token has (which is what a lost quotation mark leads to within a few
bytes), a bracket that closes another kind, or the end of the file.
"""

import re
from typing import BinaryIO

from dataset_platform.ingest.rejection import Rejection
from dataset_platform.schemas import QuarantineReason

_CHUNK_BYTES = 2**20
_MAX_DEPTH = 1_000_000
_CLOSERS = {ord("{"): ord("}"), ord("["): ord("]")}
_QUOTE = ord('"')
_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRING_BODY = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_STRING = rb'"%b"' % _STRING_BODY.pattern
# Letters are those of true, false, null, NaN and Infinity: the last two are the parser's to refuse.
_BETWEEN_STRINGS = rb"[\s,:0-9eE+\-.truefalsnINity]*+"
_FLAT = rb"%b(?:%b%b)*+" % (_BETWEEN_STRINGS, _STRING, _BETWEEN_STRINGS)
# Objects and lists that hold no others, as most turns are, are passed without stopping at their brackets.
_TO_BRACKET = re.compile(rb"%b(?:(?:\{%b\}|\[%b\])%b)*+" % (_FLAT, _FLAT, _FLAT, _FLAT), re.DOTALL)
_SCALAR = re.compile(rb'[^\s,\[\]{}":]*+')


class Break(Exception):
    """The point from which a document cannot be read on, and why."""

    def __init__(self, offset: int, reason: QuarantineReason, detail: str) -> None:
        super().__init__(detail)
        self.offset = offset
        self.rejection = Rejection(reason, detail)


class TooDeep(Break):
    """Brackets are nested too deeply to be a record's."""


class Scanner:
    """A reading position in a JSON document, over a window of the stream's bytes."""

    def __init__(
        self,
        stream: BinaryIO,
        offset: int,
        max_bytes: int,
        chunk_bytes: int | None = None,
        max_depth: int = _MAX_DEPTH,
    ) -> None:
        """Begins at `offset`. Values of more than `max_bytes` break it, unless they are skipped."""
        self._stream = stream
        self._max_bytes = max_bytes
        self._chunk_bytes = chunk_bytes or _CHUNK_BYTES
        self._max_depth = max_depth
        self._window = b""
        self._window_offset = offset
        self._at = 0
        self._mark: int | None = None  # start of the value to keep, as an index into the window

    @property
    def offset(self) -> int:
        """Bytes from the start of the file."""
        return self._window_offset + self._at

    def peek(self) -> int | None:
        """The next byte that is not white space; None at the end of the file."""
        while True:
            self._at = _SPACE.match(self._window, self._at).end()  # type: ignore[union-attr]  # matches empty
            if self._at < len(self._window):
                return self._window[self._at]
            if not self._more():
                return None

    def take(self, wanted: str, what: str) -> None:
        """Moves past one punctuation byte; Break when another one stands there."""
        if self.peek() != ord(wanted):
            raise self.break_here(f"`{wanted}` expected {what}")
        self._at += 1

    def take_if(self, wanted: str) -> bool:
        if self.peek() != ord(wanted):
            return False
        self._at += 1
        return True

    def value(self) -> bytes:
        """The bytes of the next value; Break at its start when they are too many."""
        self.peek()
        self._mark = self._at
        self.skip()
        self._refuse_larger()
        raw = self._window[self._mark : self._at]
        self._mark = None
        return raw

    def skip(self) -> None:
        """Moves past the next value."""
        byte = self.peek()
        if byte in _CLOSERS:
            self._skip_container()
        elif byte == _QUOTE:
            self._skip_string()
        else:
            self._skip_scalar()

    def break_here(self, detail: str) -> Break:
        """A Break at the current position; at the end of the file it is a truncation."""
        if self._at >= len(self._window) and not self._more():
            return Break(self.offset, QuarantineReason.TRUNCATED, "the document breaks off")
        return Break(self.offset, QuarantineReason.BAD_SYNTAX, f"the document is no JSON: {detail}")

    def _skip_container(self) -> None:
        closers = bytearray([_CLOSERS[self._window[self._at]]])
        self._at += 1
        while closers:
            self._at = _TO_BRACKET.match(self._window, self._at).end()  # type: ignore[union-attr]
            if self._at == len(self._window):
                self._more_or_break()
                continue
            byte = self._window[self._at]
            if byte == _QUOTE:
                self._skip_string()  # one that the window cuts
                continue
            if byte == closers[-1]:
                closers.pop()
            elif byte in _CLOSERS and len(closers) < self._max_depth:
                closers.append(_CLOSERS[byte])
            elif byte in _CLOSERS:
                raise TooDeep(
                    self.offset,
                    QuarantineReason.TOO_LARGE,
                    f"is nested more than {self._max_depth:,} levels deep",
                )
            else:
                raise self.break_here("a bracket or a byte stands where it cannot")
            self._at += 1

    def _skip_string(self) -> None:
        self._at += 1
        while True:
            quote = self._window.find(b'"', self._at)
            end = len(self._window) if quote < 0 else quote
            passed = self._window[self._at : end]
            escapes = len(passed) - len(passed.rstrip(b"\\"))
            # An odd number of backslashes escapes what follows, be it beyond the window.
            if quote >= 0:
                self._at = quote + 1
                if escapes % 2 == 0:
                    return
            else:
                self._at = end - escapes % 2
                self._more_or_break()

    def _skip_scalar(self) -> None:
        start = self.offset
        while True:
            self._at = _SCALAR.match(self._window, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._window) or not self._more():
                break
        if self.offset == start:
            raise self.break_here("a value is missing")

    def _more_or_break(self) -> None:
        if not self._more():
            raise Break(self.offset, QuarantineReason.TRUNCATED, "the document breaks off")

    def _more(self) -> bool:
        """Reads on, dropping what was passed and need not be kept; False at the end of the file.

        The window grows by its own length, so that a long value is copied only a few times.
        """
        self._refuse_larger()
        start = self._at if self._mark is None else self._mark
        self._stream.seek(self._window_offset + len(self._window))  # others read the stream too
        chunk = self._stream.read(max(self._chunk_bytes, len(self._window) - start))
        if not chunk:
            return False
        self._window = self._window[start:] + chunk
        self._window_offset += start
        self._at -= start
        self._mark = None if self._mark is None else 0
        return True

    def _refuse_larger(self) -> None:
        if self._mark is not None and self._at - self._mark > self._max_bytes:
            start = self._window_offset + self._mark
            raise Break(start, QuarantineReason.TOO_LARGE, f"is larger than {self._max_bytes:,} bytes")
