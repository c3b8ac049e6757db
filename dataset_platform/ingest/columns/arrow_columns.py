"""What rows of Parquet hold, as columns."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.ingest.columns.canonical_columns import Field, canonical_texts, text_bytes
from dataset_platform.ingest.columns.found_rows import FoundRows, flags, nested
from dataset_platform.ingest.columns.line_query import answer
from dataset_platform.ingest.columns.plain_arrays import NotPlain, plain
from dataset_platform.ingest.columns.plain_shapes import PlainList, PlainShape, leads_to
from dataset_platform.ingest.columns.turn_columns import Turns, turns_in_fields, turns_in_lists
from dataset_platform.ingest.describing.queries import FieldPath
from dataset_platform.ingest.interpreting.turns import RoleNames

_ESCAPED = b"\\u00"
"""DuckDB writes control characters with capitals, the platform without."""


def found_in_rows(shape: PlainShape, names: RoleNames, batch: pa.RecordBatch) -> FoundRows | None:
    """The rows that have all turns in place; None where a column is not plain or turns are no columns."""
    try:
        columns = {path: plain(array) for path, array in _leaves(batch.to_struct_array(), shape.turns, ())}
        found = [columns[path] for path in shape.turns]
        turns = _turns(shape, names, found)
    except (NotPlain, KeyError, pa.ArrowException):
        return None
    texts = spelled(list(columns.values()))
    fields = {path: Field(text, path in shape.turns) for path, text in zip(columns, texts, strict=True)}
    rows = FoundRows(np.arange(batch.num_rows), turns.messages, turns.kept, nested(fields))
    return rows.where(turns.are_sound)


def spelled(arrays: Sequence[pa.Array]) -> list[pa.StringArray]:
    """The canonical JSON of plain arrays."""
    table = pa.table(arrays, [f"c{number}" for number in range(len(arrays))])
    selected = ", ".join(f"coalesce(to_json({name}), 'null')" for name in table.column_names)
    texts = answer(table, f"SELECT {selected} FROM t").columns
    return [
        canonical_texts(text) if _has_fractions(array.type) or _has_escapes(text) else text
        for array, text in zip(arrays, texts, strict=True)
    ]


def _turns(shape: PlainShape, names: RoleNames, found: Sequence[pa.Array]) -> Turns:
    if isinstance(shape, PlainList):
        return turns_in_lists(shape, names, _RowEntries(found[0]))
    if not all(pa.types.is_string(texts.type) for texts in found):
        raise NotPlain
    return turns_in_fields(shape, found)


class _RowEntries:
    """The entries of all lists, one after the other."""

    def __init__(self, lists: pa.Array) -> None:
        if not pa.types.is_list(lists.type) or not pa.types.is_struct(lists.type.value_type):
            raise NotPlain
        self.lengths = pc.list_value_length(lists).fill_null(0).to_numpy()
        self._entries = lists.flatten()
        self.are_odd = flags(self._entries.is_null())

    def text(self, path: FieldPath) -> pa.StringArray:
        """What each entry has there, null where that is null."""
        values = self._at(path)
        if values is None or not pa.types.is_string(values.type):
            raise NotPlain
        return values

    def value(self, path: FieldPath) -> pa.StringArray:
        """The canonical JSON of what each entry has there."""
        values = self._at(path)
        return pa.nulls(len(self._entries), pa.string()) if values is None else spelled([values])[0]

    def _at(self, path: FieldPath) -> pa.Array | None:
        values = self._entries
        for name in path:
            if not pa.types.is_struct(values.type) or values.type.get_field_index(name) < 0:
                return None
            values = values.flatten()[values.type.get_field_index(name)]
        return values


def _leaves(
    rows: pa.StructArray, turns: Sequence[FieldPath], above: FieldPath
) -> Iterator[tuple[FieldPath, pa.Array]]:
    """The fields of the rows; of an object on the way to a turn, its fields."""
    names = [field.name for field in rows.type]
    if len({name.casefold() for name in names}) < len(names):
        raise NotPlain
    for name, array in zip(names, rows.flatten(), strict=True):
        path = (*above, name)
        if leads_to(path, turns) and pa.types.is_struct(array.type):
            yield from _leaves(array, turns, path)
        else:
            yield path, array


def _has_fractions(kind: pa.DataType) -> bool:
    if pa.types.is_nested(kind):
        return any(_has_fractions(kind.field(number).type) for number in range(kind.num_fields))
    return pa.types.is_floating(kind)


def _has_escapes(texts: pa.StringArray) -> bool:
    bounds, raw = text_bytes(texts)
    return _ESCAPED in raw[bounds[0] : bounds[-1]].tobytes()
