"""Where the records of a JSON array begin and end, found in large blocks at once.

Brackets are counted outside strings, as `json_scanner` does, but by array operations: several
times faster, and blind to damage. What is found is therefore only an offer: whoever reads a span
checks that it holds what it should.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO, NamedTuple

import numpy as np

from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.json_scanner import Break, Scanner
from dataset_platform.ingest.formats.json_texts import Text, read_texts
from dataset_platform.ingest.formats.lines import Span
from dataset_platform.ingest.rejection import Piece, Rejection
from dataset_platform.schemas import QuarantineReason

_BLOCK_BYTES = 2**20
_QUOTE, _BACKSLASH = ord('"'), ord("\\")
_STEP = np.zeros(256, np.int8)
_STEP[[ord("{"), ord("[")]] = 1
_STEP[[ord("}"), ord("]")]] = -1
_SPACE = b" \t\r\n"
_OPENING = re.compile(rb"[{\[]")


class Ends(NamedTuple):
    """Offsets just behind the records that end in a block, and of the bracket that ends the array."""

    records: np.ndarray
    array: int | None


class Brackets:
    """Follows an array through its blocks, from behind its opening bracket."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._is_escaped = False

    def ends(self, block: bytes) -> Ends:
        """What ends in the next block; offsets count from the block's start."""
        codes = np.frombuffer(block, np.uint8)
        quotes = self._quotes(codes)
        steps = _STEP[codes]
        places = np.flatnonzero(steps)
        quotes_before = np.searchsorted(quotes, places) + self._in_string
        places = places[quotes_before % 2 == 0]
        depths = self._depth + np.cumsum(steps[places], dtype=np.int64)
        self._in_string ^= bool(len(quotes) % 2)
        self._depth = int(depths[-1]) if len(depths) else self._depth
        closing = np.flatnonzero(depths < 0)
        end = int(places[closing[0]]) if len(closing) else None
        records = places[(depths == 0) & (steps[places] < 0)] + 1
        return Ends(records if end is None else records[records <= end], end)

    def _quotes(self, codes: np.ndarray) -> np.ndarray:
        """Places of the quotes that begin or end a string: an odd number of backslashes takes one away."""
        quotes = np.flatnonzero(codes == _QUOTE)
        slashes = np.flatnonzero(codes == _BACKSLASH)
        escaped_first, self._is_escaped = self._is_escaped, False
        if not len(slashes) and not escaped_first:
            return quotes
        # A run of backslashes escapes what follows when it is odd, counting one at the end of the last block.
        starts = np.flatnonzero(np.diff(slashes, prepend=-2) > 1)
        lengths = np.diff(starts, append=len(slashes))
        behind = slashes[starts] + lengths
        if escaped_first and len(starts) and slashes[0] == 0:
            lengths[0] += 1
        odd = behind[lengths % 2 == 1]
        if escaped_first and not (len(slashes) and slashes[0] == 0):
            odd = np.append(odd, 0)
        self._is_escaped = bool(np.any(odd == len(codes)))
        return quotes[~np.isin(quotes, odd)]


def spans(stream: BinaryIO, start: int, least_bytes: int) -> Iterator[tuple[int, int, bool]]:
    """The array whose records begin at `start`, in spans (begin, end, whether records end there) in order.

    Each holds whole records and at least `least_bytes`; the last, of which that is not known, runs from
    the last record's end to the end of the file.
    """
    brackets, begin, offset = Brackets(), start, start
    stream.seek(start)
    while block := stream.read(_BLOCK_BYTES):
        ends = brackets.ends(block)
        if len(ends.records):
            last = offset + int(ends.records[-1])
            if last - begin >= least_bytes or ends.array is not None:
                yield begin, last, True
                begin = last
        offset += len(block)
        if ends.array is not None:
            break
    yield begin, stream.seek(0, 2), False


class NotRecords(Exception):
    """A span is not what it was offered as."""


def read_records(
    stream: BinaryIO, span: Span, is_first: bool, max_bytes: int, decoder: TextDecoder
) -> list[Piece]:
    """The records of a span; raises NotRecords where it holds anything else, or damage."""
    stream.seek(span.start)
    block = stream.read(span.end - span.start)
    found = _texts(block, span.start, is_first)
    if any(len(raw) > max_bytes for _, raw in found):
        raise NotRecords
    pieces = read_texts(block, found, decoder)
    if not all(_is_one_text(piece) for piece in pieces):
        raise NotRecords
    return pieces


def _texts(block: bytes, start: int, is_first: bool) -> list[Text]:
    """What brackets enclose in a span that begins at `start`, when nothing but commas lies between."""
    found: list[Text] = []
    between = []
    at = 0
    for end in Brackets().ends(block).records.tolist():
        opening = _OPENING.search(block, at, end).start()  # type: ignore[union-attr]  # it ends a bracket
        between.append(block[at:opening].translate(None, _SPACE))
        found.append((start + opening, block[opening:end]))
        at = end
    expected = [b","] * len(found)
    if is_first:
        expected[:1] = [b""]
    if between != expected or block[at:].strip(_SPACE):
        raise NotRecords
    return found


def _is_one_text(piece: Piece) -> bool:
    """Whether nothing is wrong with a text, or something that cannot have made one text of several."""
    if not isinstance(piece.content, Rejection):
        return True
    if piece.content.reason is QuarantineReason.BAD_SYNTAX:
        return False
    try:
        return Scanner(BytesIO(piece.raw), 0, len(piece.raw)).value() == piece.raw
    except Break:
        return False
