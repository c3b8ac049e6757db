"""Where a damaged JSON document can be read on: at the next whole record."""

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from dataset_platform.ingest.describing.record_paths import Holder
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.json_scanner import Break, Scanner, TooDeep
from dataset_platform.ingest.formats.json_values import decode
from dataset_platform.ingest.rejection import Rejection

_WINDOW_BYTES = 2**20
_TRIAL_BYTES = 2**13
_TRIAL_DEPTH = 254
_EFFORT_BYTES = 2**29
_FOLLOWERS = {
    Holder.ARRAY: (ord(","), ord("]"), ord("}"), None),
    Holder.OBJECT: (ord(","), ord("]"), ord("}"), None),
    Holder.ITSELF: (ord("{"), ord("["), None),
}
_ONE_BRACKET = bytes.maketrans(b"[", b"{")  # find() is many times faster than a search for either
_FIELD = re.compile(rb'"(?:[^"\\\n]|\\.)*+"\s*+:\s*+[{\[]')
_LONGEST_START = 2**10


class Resumption:
    """Looks for records behind damage.

    A place counts when a whole value stands there that is a record by
    `is_record`, and a comma, the holder's end, the file's end or, of documents,
    another one follows. The bytes tried in one file are bounded (512 MiB), so
    that a file made to mislead costs seconds.
    """

    def __init__(
        self, stream: BinaryIO, is_record: Callable[[Any], bool], max_bytes: int, decoder: TextDecoder
    ) -> None:
        self._stream = stream
        self._is_record = is_record
        self._max_bytes = max_bytes
        self._decoder = decoder
        self._effort_left = _EFFORT_BYTES
        self._is_exhausted = False

    def after(self, offset: int, holder: Holder, end: int | None = None) -> int | None:
        """Offset of the next record, or of its key in an object; None when there is none before `end`."""
        position = offset
        while self._effort_left > 0 and not self._is_exhausted:
            found = self._next_start(position, holder)
            if found is None:
                self._is_exhausted = True
                break
            start, value_offset = found
            if end is not None and start >= end:
                break
            is_record, position = self._tried(value_offset, holder)
            if is_record:
                return start
        return None

    def _tried(self, offset: int, holder: Holder) -> tuple[bool, int]:
        """Whether a record stands at the offset, and where to look next if none does."""
        scanner = Scanner(self._stream, offset, self._max_bytes, _TRIAL_BYTES, _TRIAL_DEPTH)
        try:
            raw = scanner.value()
            follower = scanner.peek()
            value, _ = decode(raw, self._decoder)
        except Rejection:
            return False, offset + 1
        except TooDeep as deep:
            return False, deep.offset
        except Break:
            return False, offset + 1
        finally:
            self._effort_left -= max(scanner.offset - offset, _TRIAL_BYTES)
        return follower in _FOLLOWERS[holder] and self._is_record(value), offset + len(raw)

    def _next_start(self, position: int, holder: Holder) -> tuple[int, int] | None:
        """The next place that looks like a record's start, and the offset of its value."""
        first = _first_field if holder is Holder.OBJECT else _first_in_list
        for window_offset, window in self._windows(position):
            found = first(window)
            if found is not None:
                return window_offset + found[0], window_offset + found[1]
        return None

    def _windows(self, position: int) -> Iterator[tuple[int, bytes]]:
        """Pieces of the stream that overlap by the longest start that is looked for."""
        while True:
            self._stream.seek(position)
            window = self._stream.read(_WINDOW_BYTES)
            yield position, window
            if len(window) < _WINDOW_BYTES:
                return
            position += _WINDOW_BYTES - _LONGEST_START


def _first_field(window: bytes) -> tuple[int, int] | None:
    """Where the first field with a list or an object as its value begins, and its value."""
    match = _FIELD.search(window)
    return (match.start(), match.end() - 1) if match else None


def _first_in_list(window: bytes) -> tuple[int, int] | None:
    """Where the first list or object begins that is no field's value: no colon comes before it."""
    same = window.translate(_ONE_BRACKET)
    at = same.find(b"{")
    while at >= 0 and window[max(0, at - _LONGEST_START) : at].rstrip().endswith(b":"):
        at = same.find(b"{", at + 1)
    return (at, at) if at >= 0 else None
