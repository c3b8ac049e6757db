"""Where a damaged JSON document can be read on: at the next whole record."""

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from dataset_platform.ingest.encodings import TextDecoder
from dataset_platform.ingest.json_scanner import Break, Scanner, TooDeep
from dataset_platform.ingest.json_values import decode
from dataset_platform.ingest.record_paths import Holder
from dataset_platform.ingest.rejection import Rejection

_WINDOW_BYTES = 2**20
_TRIAL_BYTES = 2**13
_TRIAL_DEPTH = 254
_EFFORT_BYTES = 2**29
_FOLLOWERS = (ord(","), ord("]"), ord("}"), None)
# In a list a record follows anything but a colon, after which it would be the value of a field.
_STARTS = {
    Holder.ARRAY: re.compile(rb"(?<![:\s])\s*+([{\[])"),
    Holder.OBJECT: re.compile(rb'("(?:[^"\\\n]|\\.)*+"\s*+:)\s*+[{\[]'),
}
_LONGEST_START = 2**10


class Resumption:
    """Looks for records behind damage.

    A place counts when a whole value stands there that is a record by
    `is_record`, and a comma, the holder's end or the file's end follows. The
    bytes tried in one document are bounded (512 MiB), so that a file made to
    mislead costs seconds.
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
            is_record, position = self._tried(value_offset)
            if is_record:
                return start
        return None

    def _tried(self, offset: int) -> tuple[bool, int]:
        """Whether a record stands at the offset, and where to look next if none does."""
        scanner = Scanner(self._stream, offset, self._max_bytes, _TRIAL_BYTES, _TRIAL_DEPTH)
        try:
            raw = scanner.value()
            follower = scanner.peek()
            value = decode(raw, self._decoder).value
        except Rejection:
            return False, offset + 1
        except TooDeep as deep:
            return False, deep.offset
        except Break:
            return False, offset + 1
        finally:
            self._effort_left -= max(scanner.offset - offset, _TRIAL_BYTES)
        return follower in _FOLLOWERS and self._is_record(value), offset + len(raw)

    def _next_start(self, position: int, holder: Holder) -> tuple[int, int] | None:
        """The next place that looks like a record's start, and the offset of its value."""
        for window_offset, window in self._windows(position):
            match = _STARTS[holder].search(window)
            if match is not None:
                start = match.start(1)
                value = start if holder is Holder.ARRAY else match.end() - 1
                return window_offset + start, window_offset + value
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
