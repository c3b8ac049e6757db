"""Plain text, one conversation a file."""

from collections.abc import Iterator
from typing import BinaryIO

from dataset_platform.ingest.lines import skip_byte_order_mark
from dataset_platform.ingest.rejection import MAX_RECORD_BYTES, Piece, Rejection
from dataset_platform.schemas import QuarantineReason


def read_transcript(stream: BinaryIO) -> Iterator[Piece]:
    """The file as one record whose field `text` is its text."""
    offset = skip_byte_order_mark(stream)
    raw = stream.read(MAX_RECORD_BYTES + 1)
    yield Piece(offset, raw, _record(raw))


def _record(raw: bytes) -> object:
    if len(raw) > MAX_RECORD_BYTES:
        return Rejection(QuarantineReason.TOO_LARGE, f"is a file of more than {MAX_RECORD_BYTES:,} bytes")
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError as error:
        detail = f"is not UTF-8 at byte {error.start}; re-encode the file as UTF-8"
        return Rejection(QuarantineReason.BAD_ENCODING, detail)
