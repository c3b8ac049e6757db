"""JSONL: one JSON value a line. Also the bounded cutting of any file into lines."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from dataset_platform.ingest.encodings import UTF8_BOM, TextDecoder
from dataset_platform.ingest.json_values import decode
from dataset_platform.ingest.rejection import Piece, Rejection, too_large


class Span(NamedTuple):
    """Part of a file, in bytes: the lines that begin in it."""

    start: int
    end: int


class Line(NamedTuple):
    offset: int
    raw: bytes
    whole: bool
    """False when the line is over the limit and `raw` only its start."""


def read_jsonl(stream: BinaryIO, span: Span, max_bytes: int, decoder: TextDecoder) -> Iterator[Piece]:
    """Every line but blank ones; lines end with a newline byte, before which a carriage return is allowed."""
    for offset, raw, whole in bounded_lines(stream, span, max_bytes):
        if raw.isspace():
            continue
        try:
            if not whole:
                raise too_large("a line", max_bytes)
            value, canonical = decode(raw, decoder, ends_file=raw[-1] != 10)
        except Rejection as rejection:
            yield Piece(offset, raw, rejection)
        else:
            yield Piece(offset, raw, value, canonical)


def bounded_lines(stream: BinaryIO, span: Span, max_bytes: int) -> Iterator[Line]:
    """The span's lines with their newline, a byte order mark at the start of the file left out."""
    offset = _first_line(stream, span)
    while offset < span.end and (raw := stream.readline(max_bytes + 1)):
        length = len(raw)
        whole = length <= max_bytes
        if not whole and not raw.endswith(b"\n"):
            length += _skip_line(stream, max_bytes)
        yield Line(offset, raw, whole)
        offset += length


def skip_byte_order_mark(stream: BinaryIO) -> int:
    """Moves past a UTF-8 byte order mark at the start; gives the offset of what follows."""
    if stream.read(len(UTF8_BOM)) == UTF8_BOM:
        return len(UTF8_BOM)
    return stream.seek(0)


def _first_line(stream: BinaryIO, span: Span) -> int:
    """Moves to where the first line of the span begins, or to its end when none does."""
    if span.start == 0:
        return skip_byte_order_mark(stream)
    stream.seek(span.start - 1)
    while stream.tell() < span.end:
        if stream.readline(span.end - stream.tell()).endswith(b"\n"):
            break
    return stream.tell()


def _skip_line(stream: BinaryIO, max_bytes: int) -> int:
    skipped = 0
    while rest := stream.readline(max(max_bytes, 2**16)):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped
