"""Arrow's arrays as others with the same JSON, of types that have one spelling in JSON."""

import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.ingest.formats.parquet_rows import leaves
from dataset_platform.ingest.rejection import Rejection


class NotPlain(Exception):
    """Columns that are read row by row instead."""


def plain(array: pa.Array) -> pa.Array:
    """Strings, numbers, booleans, lists, and structs with their fields in order; NaN and infinity are null.

    Raises NotPlain where a value has no JSON, or names are not told apart.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        return plain(array.dictionary_decode())
    if pa.types.is_struct(kind):
        return _plain_struct(array)
    if pa.types.is_map(kind):
        return _plain_list(array, pa.struct([("key", kind.key_type), ("value", kind.item_type)]))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _plain_list(array, kind.value_type)
    try:
        values = leaves(array)
    except Rejection:
        raise NotPlain from None
    if pa.types.is_floating(values.type):
        return pc.if_else(pc.is_finite(values), values, None)
    return values.cast(pa.string()) if pa.types.is_large_string(values.type) else values


def _plain_struct(array: pa.StructArray) -> pa.StructArray:
    names = [field.name for field in array.type]
    if not names or len({name.casefold() for name in names}) < len(names):
        raise NotPlain
    fields = dict(zip(names, map(plain, array.flatten()), strict=True))
    ordered = sorted(fields)
    return pa.StructArray.from_arrays([fields[name] for name in ordered], ordered, mask=array.is_null())


def _plain_list(array: pa.Array, entry: pa.DataType) -> pa.ListArray:
    lists = array.cast(pa.list_(entry))
    lengths = pc.list_value_length(lists)
    ends = pc.cumulative_sum(lengths.fill_null(0))
    bounds = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    return pa.ListArray.from_arrays(bounds, plain(lists.flatten()), mask=lists.is_null())
