"""Parquet: each row a record, its columns the fields.

JSON has no word for some of Parquet's types. Dates, times, timestamps and
decimals become strings as Arrow writes them (ISO 8601); durations their number
of units; binary is text where it is UTF-8; a map is a list of `{key, value}`; NaN and
infinity become null.
"""

from collections.abc import Iterator
from itertools import repeat
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset_platform.ingest.formats.json_values import canonical
from dataset_platform.ingest.formats.lines import Span
from dataset_platform.ingest.rejection import Piece, Rejection, too_large
from dataset_platform.schemas import QuarantineReason

_BATCH_ROWS = 2_048
_BATCH_BYTES = 4 * 2**20
_BUFFER_BYTES = 2**20
_AS_STRING = (pa.types.is_date, pa.types.is_time, pa.types.is_timestamp, pa.types.is_decimal)
_AS_ITSELF = (
    pa.types.is_null,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_string,
    pa.types.is_large_string,
)
_BINARY = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
_LIST = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


def read_parquet(stream: BinaryIO, groups: Span, max_bytes: int) -> Iterator[Piece]:
    """The rows of the row groups from `groups.start` up to `groups.end`.

    A row group that is damaged gives its rows up to the damage, and one
    rejected piece for the rest.
    """
    for batch in row_batches(stream, groups):
        if isinstance(batch, Piece):
            yield batch
        else:
            yield from row_pieces(batch, max_bytes)


def row_batches(stream: BinaryIO, groups: Span) -> Iterator[pa.RecordBatch | Piece]:
    """The rows of the row groups, a few MiB at a time; a rejected piece for what of a group is damaged."""
    metadata = None  # parsed once: its length grows with the number of groups
    for group in range(groups.start, groups.end):
        try:
            # Opened anew: a reader that met damage is not to be trusted with the next group.
            file = pq.ParquetFile(stream, metadata=metadata, pre_buffer=False, buffer_size=_BUFFER_BYTES)
            metadata = file.metadata
            rows = _batch_rows(metadata.row_group(group))
            for batch in file.iter_batches(rows, row_groups=[group], use_threads=False):
                batch.validate(full=True)
                yield batch
        except (pa.ArrowException, OSError) as error:
            detail = f"row group {group} cannot be read on ({type(error).__name__}): deliver the file again"
            yield Piece(None, b"", Rejection(QuarantineReason.BAD_SYNTAX, detail))


def row_group_sizes(stream: BinaryIO) -> list[int]:
    """Bytes of each row group before compression. Raises Rejection when the file is no Parquet."""
    try:
        metadata = pq.ParquetFile(stream).metadata
        return [metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)]
    except (pa.ArrowException, OSError) as error:
        detail = f"the file is no Parquet, or broken off ({type(error).__name__}): deliver it again"
        raise Rejection(QuarantineReason.BAD_SYNTAX, detail) from None


def _batch_rows(group: pq.RowGroupMetaData) -> int:
    fitting = _BATCH_BYTES * group.num_rows // max(group.total_byte_size, 1)
    return min(max(fitting, 1), _BATCH_ROWS)


def row_pieces(batch: pa.RecordBatch, max_bytes: int) -> Iterator[Piece]:
    """A piece for each row."""
    for row in _rows(batch.to_struct_array()):
        if isinstance(row, Rejection):
            yield Piece(None, b"", row)
            continue
        try:
            spelled = canonical(row)
            if len(spelled) > max_bytes:
                raise too_large("a row", max_bytes)
        except Rejection as rejection:
            yield Piece(None, b"", rejection)
        else:
            yield Piece(None, spelled, row, spelled)


def _rows(rows: pa.StructArray) -> list[Any]:
    """Each row as an object, or the Rejection of a row that no JSON can hold."""
    try:
        return _values(rows)
    except Rejection as rejection:
        if len(rows) == 1:
            return [rejection]
    middle = len(rows) // 2
    return _rows(rows[:middle]) + _rows(rows[middle:])


def _values(array: pa.Array) -> list[Any]:
    """An array's values as JSON has them. Columns of leaves are converted whole, which is many times
    faster than row by row.
    """
    kind = array.type
    if pa.types.is_struct(kind):
        fields = [_values(array_field) for array_field in array.flatten()]
        names = [field.name for field in kind]
        rows = zip(*fields, strict=True) if fields else repeat((), len(array))
        return _with_nulls(array, [dict(zip(names, row, strict=True)) for row in rows])
    if any(is_kind(kind) for is_kind in _LIST) or pa.types.is_map(kind):
        return _lists(array)
    if pa.types.is_dictionary(kind):
        return _values(array.dictionary_decode())
    return leaves(array).to_pylist()


def _lists(array: pa.Array) -> list[Any]:
    lengths = pc.list_value_length(array if not pa.types.is_map(array.type) else _entries(array))
    array = _entries(array) if pa.types.is_map(array.type) else array
    values = iter(_values(array.flatten()))
    return [
        None if length is None else [next(values) for _ in range(length)] for length in lengths.to_pylist()
    ]


def _entries(array: pa.MapArray) -> pa.Array:
    """A map as the list of its entries."""
    entry = pa.struct([("key", array.type.key_type), ("value", array.type.item_type)])
    return array.cast(pa.list_(entry))


def leaves(array: pa.Array) -> pa.Array:
    """Values that hold no others, as an array whose Python values are JSON's.

    Raises Rejection where one cannot be had in JSON.
    """
    kind = array.type
    if any(is_kind(kind) for is_kind in _AS_STRING):
        return array.cast(pa.string())
    if pa.types.is_duration(kind):
        return array.cast(pa.int64())
    if pa.types.is_floating(kind):
        return array.cast(pa.float64())
    if any(is_kind(kind) for is_kind in _BINARY):
        return _texts(array)
    if not any(is_kind(kind) for is_kind in _AS_ITSELF):
        raise Rejection(QuarantineReason.WRONG_TYPE, f"has a column of type {kind}, which JSON cannot hold")
    return array


def _texts(array: pa.Array) -> pa.Array:
    try:
        return array.cast(pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid:
        detail = "has a binary value that is not UTF-8 text"
        raise Rejection(QuarantineReason.BAD_ENCODING, detail) from None


def _with_nulls(array: pa.Array, values: list[Any]) -> list[Any]:
    if array.null_count == 0:
        return values
    return [
        value if valid else None for value, valid in zip(values, array.is_valid().to_pylist(), strict=True)
    ]
