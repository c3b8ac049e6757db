"""Canonical JSON of many records, put together from columns of their fields."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.ingest.formats.json_values import unparsable

Fields = Mapping[str, pa.StringArray]
"""The JSON of each field, null in the records that lack it."""

_BREAK = orjson.Fragment(b"\n")  # which no JSON has inside


def canonical_segments(fields: Fields, long: Collection[str]) -> list[pa.StringArray]:
    """The canonical JSON of each record, but for its braces, in pieces that lie side by side.

    Fields that are `long`, which no record lacks, are pieces by themselves, as copying them would take most
    of the time.
    """
    segments: list[pa.StringArray] = []
    before: list[Any] = []
    for name in sorted(fields):
        if name in long:
            segments += [_joined([*before, f'"{name}":'], ",", len(fields[name])), fields[name]]
            before = [""]  # gives the comma after the long field
        else:
            before.append(_member(name, fields[name]))
    return [*segments, _joined(before, ",", len(segments[0]))]


def canonical_objects(fields: Fields, rows: int) -> pa.StringArray:
    """The canonical JSON of objects with these fields."""
    members = [_member(name, fields[name]) for name in sorted(fields)]
    listed = pc.ascii_ltrim(_joined(["", *members], ",", rows), ",")
    return _joined(["{", listed, "}"], "", rows)


def canonical_texts(texts: pa.StringArray) -> pa.StringArray:
    """The canonical JSON of each JSON text; null where the platform's parser refuses it."""
    present = texts.drop_null()
    if not len(present):
        return texts
    try:
        spelled: list[bytes | None] = [*_canonical(_one_list(present))]
    except unparsable:
        spelled = [_canonical_or_none(text.as_buffer().to_pybytes()) for text in present]
    return pc.replace_with_mask(texts, texts.is_valid(), pa.array(spelled, pa.string()))


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


def _member(name: str, texts: pa.StringArray) -> pa.StringArray:
    return pc.binary_join_element_wise(f'"{name}":', texts, "")


def _joined(parts: Sequence[Any], between: str, rows: int) -> pa.StringArray:
    """The parts of each row, those that are null left out; a part may be one text for all rows.

    In no row all may be null: Arrow leaves such rows out.
    """
    column = pa.nulls(rows, pa.string())  # without any, the answer would be one text
    return pc.binary_join_element_wise(*parts, column, between, null_handling="skip")


def _one_list(texts: pa.StringArray) -> bytes:
    whole = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts)
    return b"[%b]" % pc.binary_join(whole, ",")[0].as_buffer()


def _canonical(texts: bytes) -> list[bytes]:
    """The canonical JSON of each value of a list. In the list they are one level down, as in their record,
    which counts because nesting is limited."""
    values = orjson.loads(texts)
    with_breaks: list[Any] = [_BREAK] * (2 * len(values) - 1)
    with_breaks[::2] = values
    return orjson.dumps(with_breaks, option=orjson.OPT_SORT_KEYS)[1:-1].split(b",\n,")


def _canonical_or_none(text: bytes) -> bytes | None:
    try:
        return _canonical(b"[%b]" % text)[0]
    except unparsable:
        return None
