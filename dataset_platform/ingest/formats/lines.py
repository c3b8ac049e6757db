"""JSONL: one JSON value a line. Also the bounded cutting of any file into lines."""

from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO, NamedTuple

from dataset_platform.ingest.formats.encodings import UTF8_BOM, TextDecoder
from dataset_platform.ingest.formats.json_texts import read_texts
from dataset_platform.ingest.rejection import Piece, too_large

_BLOCK_BYTES = 2**17
"""So little that a block and what is read from it stay in a core's own cache: a quarter faster than a MiB."""


class Span(NamedTuple):
    """Part of a file, in bytes: the lines that begin in it."""

    start: int
    end: int


class Line(NamedTuple):
    offset: int
    raw: bytes
    whole: bool
    """False when the line is over the limit and `raw` only its start."""


class Block(NamedTuple):
    """Lines that follow each other, or the start of a line that is over the limit."""

    offset: int
    raw: bytes
    whole: bool


def read_jsonl(stream: BinaryIO, span: Span, max_bytes: int, decoder: TextDecoder) -> Iterator[Piece]:
    """Every line but blank ones; lines end with a newline byte, before which a carriage return is allowed."""
    for start, block, whole in blocks(stream, span, max_bytes):
        if not whole:
            yield Piece(start, block, too_large("a line", max_bytes))
            continue
        yield from read_texts(block, _lines(start, block), decoder, ends_file=True)


def _lines(start: int, block: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of a block, with the newline, and where each begins in the file."""
    for raw in BytesIO(block):
        yield start, raw
        start += len(raw)


def bounded_lines(stream: BinaryIO, span: Span, max_bytes: int) -> Iterator[Line]:
    """The span's lines with their newline, a byte order mark at the start of the file left out."""
    for start, block, whole in blocks(stream, span, max_bytes):
        if not whole:
            yield Line(start, block, False)
            continue
        for offset, raw in _lines(start, block):
            yield Line(offset, raw, True)


def skip_byte_order_mark(stream: BinaryIO) -> int:
    """Moves past a UTF-8 byte order mark at the start; gives the offset of what follows."""
    if stream.read(len(UTF8_BOM)) == UTF8_BOM:
        return len(UTF8_BOM)
    return stream.seek(0)


def blocks(stream: BinaryIO, span: Span, max_bytes: int, block_bytes: int = _BLOCK_BYTES) -> Iterator[Block]:
    """The span's lines, about so many bytes at a time."""
    offset = _first_line(stream, span)
    while offset < span.end:
        raw = stream.read(min(block_bytes, max_bytes, span.end - offset))
        if not raw.endswith(b"\n"):
            raw += stream.readline(max_bytes + 1)
        if not raw:
            return
        for part, whole in _without_long_lines(raw, max_bytes):
            yield Block(offset, part, whole)
            offset += len(part)
            if not whole and not part.endswith(b"\n"):
                offset += _skip_line(stream, max_bytes)


def _without_long_lines(raw: bytes, max_bytes: int) -> Iterator[tuple[bytes, bool]]:
    """The bytes, cut around a line over the limit: a block is so small that only its last can be one."""
    last = raw.rfind(b"\n", 0, len(raw) - 1) + 1
    if len(raw) - last <= max_bytes:
        yield raw, True
        return
    if last:
        yield raw[:last], True
    yield raw[last:], False


def _first_line(stream: BinaryIO, span: Span) -> int:
    """Moves to where the first line of the span begins, or to its end when none does."""
    if span.start == 0:
        return skip_byte_order_mark(stream)
    stream.seek(span.start - 1)
    while stream.tell() < span.end:
        if stream.readline(min(_BLOCK_BYTES, span.end - stream.tell())).endswith(b"\n"):
            break
    return stream.tell()


def _skip_line(stream: BinaryIO, max_bytes: int) -> int:
    skipped = 0
    while rest := stream.readline(max(max_bytes, _BLOCK_BYTES)):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped
