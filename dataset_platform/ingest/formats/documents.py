"""JSON documents of any size, mostly one a file: their records stream out as they are passed."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from dataset_platform.ingest.describing.record_paths import RecordPath
from dataset_platform.ingest.formats.document_walk import Inside, Walk, bytes_at
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.json_scanner import Break
from dataset_platform.ingest.formats.lines import skip_byte_order_mark
from dataset_platform.ingest.rejection import Piece, Rejection
from dataset_platform.schemas import QuarantineReason


def first_array(stream: BinaryIO, paths: Sequence[RecordPath], max_bytes: int) -> Inside | None:
    """The place of the first record, where the first records lie in an array; None where they do not."""
    walk = Walk(stream, skip_byte_order_mark(stream), None, lambda _: False, max_bytes, TextDecoder(None))
    try:
        return walk.into_array(paths)
    except (Break, Rejection):
        return None


def read_document(
    stream: BinaryIO,
    paths: Sequence[RecordPath],
    record_key: str | None,
    is_record: Callable[[Any], bool],
    max_bytes: int,
    decoder: TextDecoder,
    inside: Inside | None = None,
) -> Iterator[Piece]:
    """Every record at one of the paths, in the order of the file; from a place inside it, those that follow.

    A record whose bytes are not JSON is rejected alone. Where the document
    itself breaks, the bytes up to the next whole record (for which `is_record`
    answers) are one rejected piece; where none follows, that is all the rest.
    Records held in an object get its key in the field `record_key`. What a
    document has outside the paths is no record and is passed over. Documents
    may follow each other, as objects do that stand on several lines each; one
    without records is one rejected piece.
    """
    start = inside.offset if inside else skip_byte_order_mark(stream)
    walk = Walk(stream, start, record_key, is_record, max_bytes, decoder)
    try:
        if inside:
            yield from walk.records_after(inside)
        elif walk.scanner.peek() is None:
            empty = Rejection(QuarantineReason.EMPTY_FILE, "the file holds nothing but white space")
            yield Piece(start, b"", empty)
            return
        else:
            yield from walk.document(paths)
        yield from walk.documents_after(paths)
    except Break as broken:
        yield Piece(broken.offset, bytes_at(stream, broken.offset), broken.rejection)
