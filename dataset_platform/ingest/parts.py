"""Parts of a plain file that are read by themselves, and the reader of each."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from dataset_platform.ingest.describing.description import Reader, SourceDescription
from dataset_platform.ingest.describing.queries import Query
from dataset_platform.ingest.describing.record_paths import RecordPath
from dataset_platform.ingest.describing.turn_shapes import TurnList
from dataset_platform.ingest.formats.document_walk import Inside
from dataset_platform.ingest.formats.documents import first_array, read_document
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.lines import Span, read_jsonl
from dataset_platform.ingest.formats.parquet_rows import read_parquet, row_group_sizes
from dataset_platform.ingest.formats.record_spans import read_records, spans
from dataset_platform.ingest.formats.row_groups import ROWS_FIELD, Rows, Speech, grouped, one_row
from dataset_platform.ingest.formats.tables import read_rows
from dataset_platform.ingest.formats.transcripts import read_transcript
from dataset_platform.ingest.formats.yaml_documents import read_yaml
from dataset_platform.ingest.rejection import Piece

_PART_BYTES = 4 * 2**20


class Part(NamedTuple):
    """A span of a file: bytes in which lines begin, row groups of Parquet, or all bytes.

    In a JSON document, `inside` is the place where it begins, and `is_offer` says that it looks as if
    it held whole records: who reads it finds out.
    """

    path: Path
    span: Span
    n_bytes: int
    inside: Inside | None = None
    is_offer: bool = False

    def onwards(self) -> "Part":
        """From where this part begins to the end of the file, whatever it holds."""
        size = self.path.stat().st_size
        return Part(self.path, Span(self.span.start, size), size - self.span.start, self.inside)


def parts(description: SourceDescription, path: Path) -> Iterator[Part]:
    """The parts that a file is cut into, in order; what is read does not depend on where the cuts are.

    Raises Rejection when the file cannot be read at all.
    """
    size = path.stat().st_size
    reader = description.reader
    if reader is Reader.PARQUET:
        yield from _row_group_parts(path, math.inf if description.group_by else _PART_BYTES)
    elif description.group_by:
        yield Part(path, Span(0, size), size)
    elif reader is Reader.JSON and size > _PART_BYTES:
        yield from _array_parts(description, path)
    elif reader is Reader.JSONL:
        for start in range(0, size, _PART_BYTES):
            span = Span(start, min(start + _PART_BYTES, size))
            yield Part(path, span, span.end - span.start)
    else:
        yield Part(path, Span(0, size), size)


def _row_group_parts(path: Path, least_bytes: float) -> Iterator[Part]:
    with path.open("rb") as stream:
        sizes = row_group_sizes(stream)
    start = n_bytes = 0
    for group, size in enumerate(sizes, 1):
        n_bytes += size
        if n_bytes >= least_bytes or group == len(sizes):
            yield Part(path, Span(start, group), n_bytes)
            start, n_bytes = group, 0


def _array_parts(description: SourceDescription, path: Path) -> Iterator[Part]:
    """A document whose records lie in an array is cut between records, any other not at all."""
    longest = description.limits.max_record_bytes
    with path.open("rb") as stream:
        first = first_array(stream, record_paths(description), longest)
        if first is None:
            size = path.stat().st_size
            yield Part(path, Span(0, size), size)
            return
        for begin, end, is_whole in spans(stream, first.offset, _PART_BYTES):
            inside = first._replace(offset=begin, is_first=begin == first.offset)
            part = Part(path, Span(begin, end), end - begin, inside, is_offer=is_whole)
            if not is_whole or end - begin > longest + _PART_BYTES:
                yield part.onwards()
                return
            yield part


def record_paths(description: SourceDescription) -> list[RecordPath]:
    return [RecordPath.parse(path) for path in description.records]


def pieces(
    description: SourceDescription,
    stream: BinaryIO,
    part: Part,
    decoder: TextDecoder,
    is_record: Callable[[Any], bool],
) -> Iterator[Piece]:
    """The records of a part of a seekable file; raises NotRecords when it was offered as what it is not.

    `is_record` tells a record from its parts where damage hides which is which.
    """
    if description.group_by is None:
        return _cut(description, stream, part, decoder, is_record)

    def is_row(value: object) -> bool:
        return is_record(one_row(value))

    cut = partial(_cut, description, stream, part, decoder, is_row)
    rows = Rows(cut, description.group_by, description.order_by)
    return grouped(rows, _speech(description), description.limits.max_record_bytes)


def _cut(
    description: SourceDescription,
    stream: BinaryIO,
    part: Part,
    decoder: TextDecoder,
    is_record: Callable[[Any], bool],
) -> Iterator[Piece]:
    """What the reader cuts the part into."""
    max_bytes, span = description.limits.max_record_bytes, part.span
    paths = record_paths(description)
    stream.seek(0)
    match description.reader:
        case Reader.JSONL:
            return read_jsonl(stream, span, max_bytes, decoder)
        case Reader.JSON:
            if part.inside and part.is_offer:
                return iter(read_records(stream, span, part.inside.is_first, max_bytes, decoder))
            key = description.record_key
            return read_document(stream, paths, key, is_record, max_bytes, decoder, part.inside)
        case Reader.CSV:
            needed = [name for name in (description.group_by, description.order_by) if name is not None]
            return read_rows(stream, span, description.csv, needed, max_bytes, decoder)
        case Reader.PARQUET:
            return read_parquet(stream, span, max_bytes)
        case Reader.YAML:
            return read_yaml(stream, paths, description.record_key, max_bytes, decoder)
        case Reader.TRANSCRIPT:
            return read_transcript(stream, max_bytes, decoder)


def _speech(description: SourceDescription) -> Speech:
    """Who says what in a row, whichever list of rows the description reads turns from."""
    queries = [
        Query(query)
        for shape in description.turns
        if isinstance(shape, TurnList) and shape.at == ROWS_FIELD
        for query in (shape.role, shape.content)
    ]
    return lambda row: [query.ask(row) for query in queries]
