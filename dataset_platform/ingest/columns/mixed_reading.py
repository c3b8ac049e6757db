"""Lines of a part: as columns where that is certain to be right, one by one where it is not."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa

from dataset_platform.ingest.columns.column_reading import NO_COLUMNS, ColumnReader
from dataset_platform.ingest.columns.line_blocks import LineBlock
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.json_texts import read_texts
from dataset_platform.ingest.formats.lines import Span, blocks
from dataset_platform.ingest.rejection import Piece, too_large
from dataset_platform.ingest.row_batches import RECORD_ROWS

_BLOCK_BYTES = 4 * 2**20
_MOST_BYTES = 4 * _BLOCK_BYTES
"""A block with a line that is longer is read line by line: columns hold several copies of it."""
_NO_ROWS = pa.RecordBatch.from_pylist([], RECORD_ROWS)


class MixedRows(NamedTuple):
    """The records of a block: rows as RECORD_ROWS, and pieces between them that are yet to be read, each
    with its position."""

    rows: pa.RecordBatch
    pieces: list[tuple[int, Piece]]


def read_mixed(
    stream: BinaryIO, span: Span, max_bytes: int, decoder: TextDecoder, reader: ColumnReader
) -> Iterator[MixedRows]:
    """What `read_jsonl` gives, a block at a time."""
    position = 0
    for start, raw, whole in blocks(stream, span, max_bytes, _BLOCK_BYTES):
        if whole:
            mixed = _read_block(start, LineBlock(raw), position, decoder, reader)
        else:
            too_long = Piece(start, raw, too_large("a line", max_bytes))
            mixed = MixedRows(_NO_ROWS, [(position, too_long)])
        position += mixed.rows.num_rows + len(mixed.pieces)
        yield mixed


def _read_block(
    start: int, block: LineBlock, position: int, decoder: TextDecoder, reader: ColumnReader
) -> MixedRows:
    read = reader.rows(block) if len(block.raw) <= _MOST_BYTES else NO_COLUMNS
    is_record = np.zeros(len(block), bool)
    is_record[read.numbers] = True
    offsets = start + block.bounds.astype(np.int64)
    left = [(int(offsets[number]), block.line(number)) for number in np.flatnonzero(~is_record).tolist()]
    pieces = read_texts(b"".join(line for _, line in left), left, decoder, ends_file=True)
    # Blank lines are no records: they are left, too, and give no piece.
    numbers = np.searchsorted(offsets, np.array([piece.offset for piece in pieces], np.int64))
    is_record[numbers] = True
    positions = position + np.cumsum(is_record) - 1
    rows = pa.record_batch(
        [read.ids, read.messages, read.attributes, pa.array(positions[read.numbers], pa.int64())],
        schema=RECORD_ROWS,
    )
    return MixedRows(rows, list(zip(positions[numbers].tolist(), pieces, strict=True)))
