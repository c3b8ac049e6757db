"""Lines and rows of a part: as columns where that is certain to be right, one by one where it is not."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa

from dataset_platform.ingest.columns.column_reading import NO_COLUMNS, ColumnReader, ColumnRows
from dataset_platform.ingest.columns.line_blocks import LineBlock
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.json_texts import read_texts
from dataset_platform.ingest.formats.lines import Span, blocks
from dataset_platform.ingest.formats.parquet_rows import row_batches, row_pieces
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


def read_mixed_lines(
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


def read_mixed_rows(
    stream: BinaryIO, groups: Span, max_bytes: int, reader: ColumnReader
) -> Iterator[MixedRows]:
    """What `read_parquet` gives, a batch at a time."""
    position = 0
    for batch in row_batches(stream, groups):
        if isinstance(batch, Piece):
            mixed = MixedRows(_NO_ROWS, [(position, batch)])
        else:
            read = reader.rows(batch)
            left = np.setdiff1d(np.arange(batch.num_rows), read.numbers, assume_unique=True)
            pieces = row_pieces(batch.take(pa.array(left)), max_bytes) if len(left) else ()
            mixed = MixedRows(
                _rows(read, position + read.numbers),
                list(zip((position + left).tolist(), pieces, strict=True)),
            )
        position += mixed.rows.num_rows + len(mixed.pieces)
        yield mixed


def _read_block(
    start: int, block: LineBlock, position: int, decoder: TextDecoder, reader: ColumnReader
) -> MixedRows:
    read = reader.lines(block) if len(block.raw) <= _MOST_BYTES else NO_COLUMNS
    is_record = np.zeros(len(block), bool)
    is_record[read.numbers] = True
    offsets = start + block.bounds.astype(np.int64)
    left = [(int(offsets[number]), block.line(number)) for number in np.flatnonzero(~is_record).tolist()]
    pieces = read_texts(b"".join(line for _, line in left), left, decoder, ends_file=True)
    # Blank lines are no records: they are left, too, and give no piece.
    numbers = np.searchsorted(offsets, np.array([piece.offset for piece in pieces], np.int64))
    is_record[numbers] = True
    positions = position + np.cumsum(is_record) - 1
    rows = _rows(read, positions[read.numbers])
    return MixedRows(rows, list(zip(positions[numbers].tolist(), pieces, strict=True)))


def _rows(read: ColumnRows, positions: np.ndarray) -> pa.RecordBatch:
    columns = [read.ids, read.messages, read.attributes, pa.array(positions, pa.int64())]
    return pa.record_batch(columns, schema=RECORD_ROWS)
