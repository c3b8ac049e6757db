"""Canonical JSON of many records, put together from columns of their fields."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Union

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.ingest.formats.json_values import unparsable


class Field(NamedTuple):
    """The JSON of one field, null in the records that lack it; turns are long, and no record lacks them."""

    texts: pa.StringArray
    is_turn: bool = False


Fields = Mapping[str, Union[Field, "Fields"]]
"""Fields by their names; objects that all records have are fields of their own."""

_BREAK = orjson.Fragment(b"\n")  # which no JSON has inside


def canonical_segments(fields: Fields) -> list[pa.StringArray]:
    """The canonical JSON of each record, but for its braces, in pieces that lie side by side.

    Turns are pieces by themselves, as copying them would take most of the time.
    """
    segments: list[pa.StringArray] = []
    before: list[Any] = []
    for name in sorted(fields):
        field = fields[name]
        if isinstance(field, Field) and not field.is_turn:
            before.append(_member(name, field.texts))
            continue
        is_turn = isinstance(field, Field)
        within = [field.texts] if isinstance(field, Field) else canonical_segments(field)
        begin = f"{_key(name)}:" if is_turn else f"{_key(name)}:{{"
        segments += [_joined([*before, begin], ",", len(within[0])), *within]
        before = ["" if is_turn else "}"]  # gives the comma after it
    return [*segments, _joined(before, ",", len(segments[0]))]


def canonical_objects(fields: Fields, rows: int) -> pa.StringArray:
    """The canonical JSON of objects with these fields."""
    members = []
    for name in sorted(fields):
        field = fields[name]
        texts = field.texts if isinstance(field, Field) else canonical_objects(field, rows)
        members.append(_member(name, texts))
    listed = pc.ascii_ltrim(_joined(["", *members], ",", rows), ",")
    return _joined(["{", listed, "}"], "", rows)


def without_turns(fields: Fields) -> Fields:
    """The fields that are no turns; objects that held only turns stay, empty."""
    return {
        name: field if isinstance(field, Field) else without_turns(field)
        for name, field in fields.items()
        if not (isinstance(field, Field) and field.is_turn)
    }


def canonical_texts(texts: pa.StringArray) -> pa.StringArray:
    """The canonical JSON of each JSON text; null where the platform's parser refuses it."""
    present = texts.drop_null()
    if not len(present):
        return texts
    return pc.replace_with_mask(texts, texts.is_valid(), pa.array(_spelled(present), pa.string()))


def canonical_lists(lengths: np.ndarray, texts: pa.StringArray) -> pa.StringArray:
    """The canonical JSON of lists that have so many of these values each; null is JSON's null."""
    lists = pa.ListArray.from_arrays(bounds_of(lengths), texts.fill_null("null"))
    return pc.binary_join_element_wise("[", pc.binary_join(lists, ","), "]", "")


def bounds_of(lengths: np.ndarray) -> pa.Array:
    """Where lists of these lengths begin and end."""
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())


def slices(texts: pa.StringArray) -> Iterator[memoryview]:
    """The bytes of each text; there is no null."""
    bounds, raw = text_bytes(texts)
    view = raw.data
    return (view[start:end] for start, end in pairwise(bounds.tolist()))


def text_bytes(texts: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """Where each text begins and ends in the bytes, and the bytes."""
    _, bounds, raw = texts.buffers()
    bounds = np.frombuffer(bounds, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return bounds, np.frombuffer(raw or b"", np.uint8)


def _key(name: str) -> str:
    return orjson.dumps(name).decode()


def _member(name: str, texts: pa.StringArray) -> pa.StringArray:
    return pc.binary_join_element_wise(f"{_key(name)}:", texts, "")


def _joined(parts: Sequence[Any], between: str, rows: int) -> pa.StringArray:
    """The parts of each row, those that are null left out; a part may be one text for all rows.

    In no row all may be null: Arrow leaves such rows out.
    """
    column = pa.nulls(rows, pa.string())  # without any, the answer would be one text
    return pc.binary_join_element_wise(*parts, column, between, null_handling="skip")


def _spelled(texts: pa.StringArray) -> list[bytes | None]:
    """Halves are tried where the whole is refused, so that one bad text costs little."""
    try:
        return [*_canonical(texts)]
    except unparsable:
        if len(texts) == 1:
            return [None]
    middle = len(texts) // 2
    return _spelled(texts[:middle]) + _spelled(texts[middle:])


def _canonical(texts: pa.StringArray) -> list[bytes]:
    """The canonical JSON of each JSON text. In their list they are one level down, as in their record,
    which counts because nesting is limited."""
    whole = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts)
    values = orjson.loads(b"[%b]" % pc.binary_join(whole, ",")[0].as_buffer())
    with_breaks: list[Any] = [_BREAK] * (2 * len(values) - 1)
    with_breaks[::2] = values
    return orjson.dumps(with_breaks, option=orjson.OPT_SORT_KEYS)[1:-1].split(b",\n,")
