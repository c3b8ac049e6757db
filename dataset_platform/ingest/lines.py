"""JSONL: one JSON value a line. Also the bounded cutting of any file into lines."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from dataset_platform.ingest.json_values import decode
from dataset_platform.ingest.rejection import MAX_RECORD_BYTES, Piece, Rejection
from dataset_platform.schemas import QuarantineReason

UTF8_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    offset: int
    raw: bytes
    whole: bool
    """False when the line is over MAX_RECORD_BYTES and `raw` only its start."""


def read_jsonl(stream: BinaryIO) -> Iterator[Piece]:
    """Every line but blank ones; lines end with a newline byte, before which a carriage return is allowed."""
    for line in bounded_lines(stream):
        if line.raw.isspace():
            continue
        content = _value(line)
        yield Piece(line.offset, line.raw, content)


def _value(line: Line) -> object:
    if not line.whole:
        return Rejection(QuarantineReason.TOO_LARGE, f"is a line of more than {MAX_RECORD_BYTES:,} bytes")
    try:
        return decode(line.raw, ends_file=not line.raw.endswith(b"\n"))
    except Rejection as rejection:
        return rejection


def bounded_lines(stream: BinaryIO) -> Iterator[Line]:
    """The file's lines with their newline, a byte order mark at its start left out."""
    offset = skip_byte_order_mark(stream)
    while raw := stream.readline(MAX_RECORD_BYTES + 1):
        length = len(raw)
        whole = length <= MAX_RECORD_BYTES
        if not whole and not raw.endswith(b"\n"):
            length += _skip_line(stream)
        yield Line(offset, raw, whole)
        offset += length


def skip_byte_order_mark(stream: BinaryIO) -> int:
    """Moves past a UTF-8 byte order mark at the start; gives the offset of what follows."""
    if stream.read(len(UTF8_BOM)) == UTF8_BOM:
        return len(UTF8_BOM)
    return stream.seek(0)


def _skip_line(stream: BinaryIO) -> int:
    skipped = 0
    while rest := stream.readline(MAX_RECORD_BYTES):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped
