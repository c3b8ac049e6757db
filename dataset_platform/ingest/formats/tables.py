"""CSV: each row an object of strings."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from dataset_platform.ingest.describing.description import CsvLayout
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.line_ends import MIXED_ENDS
from dataset_platform.ingest.formats.lines import Line, Span, bounded_lines
from dataset_platform.ingest.rejection import PAYLOAD_BYTES, Piece, Rejection, too_large
from dataset_platform.schemas import QuarantineReason

EXCELS_DELIMITER = re.compile(rb"sep=.\s*", re.IGNORECASE | re.DOTALL)
"""The line before the header that tells Excel, and nobody else, what delimits fields."""


def read_rows(
    stream: BinaryIO,
    span: Span,
    layout: CsvLayout,
    needed: Sequence[str],
    max_bytes: int,
    decoder: TextDecoder,
) -> Iterator[Piece]:
    """Each row after the header, or each where the layout names the columns, as an object of strings.

    Blank rows are none.

    Quoting is strict, and a row has as many fields as the header, since
    anything else would put text under the wrong column. A field holds at most
    131,072 characters (Python's limit, which bounds what a lost quotation mark
    swallows). A header that is wrong, or lacks a column that is needed, makes
    the file one rejected piece. Excel's line before it is passed over.
    """
    lines = bounded_lines(stream, span, max_bytes)
    rows = _Rows(lines, layout, max_bytes, decoder)
    first = next(rows, None)
    if first is not None and EXCELS_DELIMITER.fullmatch(first.raw):
        first = next(rows, None)
    if first is None:
        return
    columns = list(layout.columns) or first.content
    problem = _header_problem(columns, needed)
    if problem is not None:
        stream.seek(first.offset or 0)
        yield Piece(first.offset, stream.read(PAYLOAD_BYTES), problem)
        return
    for row in chain([first], rows) if layout.columns else rows:
        content = row.content
        if isinstance(content, list):
            content = _named(columns, content)
        yield Piece(row.offset, row.raw, content)


def _named(columns: list[str], fields: list[str]) -> object:
    if len(fields) != len(columns):
        detail = f"has {len(fields)} fields where {len(columns)} columns are named"
        return Rejection(QuarantineReason.BAD_SYNTAX, detail)
    return dict(zip(columns, fields, strict=True))


def _header_problem(header: object, needed: Sequence[str]) -> Rejection | None:
    if isinstance(header, Rejection):
        return Rejection(header.reason, f"the header {header.detail}")
    columns = header if isinstance(header, list) else []
    # Columns go by number: the first line of a file without a header is conversation text.
    repeated = _repeated(columns)
    if repeated is not None:
        detail = f"the header names column {repeated} like an earlier one"
        return Rejection(QuarantineReason.BAD_SYNTAX, detail)
    missing = [name for name in needed if name not in columns]
    if missing:
        return Rejection(QuarantineReason.MISSING_FIELD, f"the header has no column `{missing[0]}`")
    return None


def _repeated(columns: Sequence[str]) -> int | None:
    """The number of the first column that is named like an earlier one."""
    seen: set[str] = set()
    for number, name in enumerate(columns, 1):
        if name in seen:
            return number
        seen.add(name)
    return None


class _Rows(Iterator[Piece]):
    """Rows as lists of fields, with the bytes that each was read from."""

    def __init__(
        self, lines: Iterator[Line], layout: CsvLayout, max_bytes: int, decoder: TextDecoder
    ) -> None:
        self._lines = lines
        self._max_bytes = max_bytes
        self._decoder = decoder
        self._taken: list[Line] = []
        self._defect: Rejection | None = None
        self._parser = csv.reader(
            self._decoded_lines(),
            delimiter=layout.delimiter,
            quoting=csv.QUOTE_MINIMAL if layout.quotes else csv.QUOTE_NONE,
            strict=True,
        )

    def __next__(self) -> Piece:
        while True:
            self._taken.clear()
            self._defect = None
            try:
                content: object = next(self._parser)
            except csv.Error as error:
                content = _syntax_rejection(str(error))
            if content:
                raw = b"".join(line.raw for line in self._taken)
                if not self._taken[-1].whole or len(raw) > self._max_bytes:
                    self._defect = too_large("a row", self._max_bytes)
                return Piece(self._taken[0].offset, raw, self._defect or content)

    def _decoded_lines(self) -> Iterator[str]:
        for line in self._lines:
            self._taken.append(line)
            try:
                yield self._decoder.utf8(line.raw).decode()
            except Rejection as rejection:
                self._defect = self._defect or rejection
                # Bad bytes pass as surrogates, so that the row keeps its shape; the defect rejects it.
                yield line.raw.decode(errors="surrogateescape")


def _syntax_rejection(message: str) -> Rejection:
    if "field limit" in message:
        return Rejection(QuarantineReason.TOO_LARGE, "has a field of more than 131,072 characters")
    if "unexpected end" in message:
        return Rejection(QuarantineReason.TRUNCATED, "ends inside quotation marks, with the file")
    if "new-line character" in message:
        return Rejection(QuarantineReason.BAD_SYNTAX, MIXED_ENDS)
    return Rejection(QuarantineReason.BAD_SYNTAX, f"is no CSV: {message}")
