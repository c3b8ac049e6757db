"""Plain text, one conversation a file."""

from collections.abc import Iterator
from typing import BinaryIO

from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.lines import skip_byte_order_mark
from dataset_platform.ingest.rejection import Piece, Rejection, too_large


def read_transcript(stream: BinaryIO, max_bytes: int, decoder: TextDecoder) -> Iterator[Piece]:
    """The file as one record whose field `text` is its text."""
    offset = skip_byte_order_mark(stream)
    raw = stream.read(max_bytes + 1)
    try:
        if len(raw) > max_bytes:
            raise too_large("a file", max_bytes)
        content: object = {"text": decoder.utf8(raw).decode()}
    except Rejection as rejection:
        content = rejection
    yield Piece(offset, raw, content)
