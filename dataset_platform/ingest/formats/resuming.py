"""Where a damaged JSON document can be read on: at the next whole record."""

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from dataset_platform.ingest.describing.record_paths import Holder
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.json_scanner import Break, Scanner, TooDeep
from dataset_platform.ingest.formats.json_values import decode
from dataset_platform.ingest.rejection import Rejection

_FIRST_WINDOW_BYTES = 2**13
_WINDOW_BYTES = 2**20
_TRIAL_BYTES = 2**13
_TRIAL_DEPTH = 254
_EFFORT_BYTES = 2**29
Followers = tuple[int | None, ...]
_FOLLOWERS: dict[Holder, Followers] = {
    Holder.ARRAY: (ord(","), ord("]"), ord("}"), None),
    Holder.OBJECT: (ord(","), ord("]"), ord("}"), None),
    Holder.ITSELF: (ord("{"), ord("["), None),
}
_COMMA_OR_END = (ord(","), None)
_ONE_BRACKET = bytes.maketrans(b"[", b"{")  # find() is many times faster than a search for either
# Not from an escaped quote: each of a text's would be followed to the text's end.
_FIELD = re.compile(rb'(?<!\\)"(?:[^"\\\n]|\\.)*+"\s*+:\s*+[{\[]')
_LONGEST_START = 2**10


class Resumption:
    """Looks for records behind damage.

    A place counts when a whole value stands there that is a record by
    `is_record`, and a comma, the holder's end, the file's end or, of documents,
    another one follows, be it behind a comma where commas part them. The bytes
    tried in one file are bounded (512 MiB), so that a file made to mislead costs
    seconds; those that are looked through for places to try are passed a few times
    at most, since reading goes on behind them.
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
        self._followers = dict(_FOLLOWERS)

    def after(self, offset: int, holder: Holder, end: int | None = None) -> int | None:
        """Offset of the next record, or of its key in an object; None when there is none before `end`."""
        position = offset
        while self._effort_left > 0 and not self._is_exhausted:
            found = self._next_start(position, holder, end)
            if found is None:
                self._is_exhausted = end is None
                break
            start, value_offset = found
            if end is not None and start >= end:
                break
            is_record, position = self._tried(value_offset, self._followers[holder])
            if is_record:
                return start
        return None

    def are_parted_by_commas(self, offset: int) -> bool:
        """Whether commas part the documents, as one behind a comma shows: a record at `offset`, or before.

        Not every comma does, since the parts of a damaged document have them, too.
        """
        if ord(",") in self._followers[Holder.ITSELF]:
            return True
        is_record = self._effort_left > 0 and self._tried(offset, _COMMA_OR_END)[0]
        if is_record:
            self._followers[Holder.ITSELF] += (ord(","),)
        return is_record

    def _tried(self, offset: int, followers: Followers) -> tuple[bool, int]:
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
        return follower in followers and self._is_record(value), offset + len(raw)

    def _next_start(self, position: int, holder: Holder, end: int | None) -> tuple[int, int] | None:
        """The next place that looks like a record's start, and the offset of its value.

        It may lie behind `end`, or be None although others do.
        """
        first = _first_field if holder is Holder.OBJECT else _first_in_list
        for window_offset, window in self._windows(position, end):
            found = first(window)
            if found is not None:
                return window_offset + found[0], window_offset + found[1]
        return None

    def _windows(self, position: int, end: int | None) -> Iterator[tuple[int, bytes]]:
        """Pieces of the stream that overlap by the longest start that is looked for, up to one before `end`.

        The first comes in growing lengths, since most records stand near.
        """
        size = _FIRST_WINDOW_BYTES
        while end is None or position < end:
            self._stream.seek(position)
            wanted = size if end is None else min(size, end - position + _LONGEST_START)
            window = self._stream.read(wanted)
            yield position, window
            if len(window) < size:
                return
            if size == _WINDOW_BYTES:
                position += _WINDOW_BYTES - _LONGEST_START
            size = min(2 * size, _WINDOW_BYTES)


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
