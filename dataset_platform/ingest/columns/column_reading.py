"""The records of a block of lines, read as columns."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.ingest.columns.canonical_columns import (
    canonical_objects,
    canonical_segments,
    canonical_texts,
    slices,
    text_bytes,
)
from dataset_platform.ingest.columns.line_blocks import LineBlock, counted
from dataset_platform.ingest.columns.line_query import LineQuery, line_query
from dataset_platform.ingest.columns.plain_shapes import PlainFields, PlainList, PlainShape, plain_shape
from dataset_platform.ingest.describing.description import SourceDescription
from dataset_platform.ingest.interpreting.turns import RoleNames
from dataset_platform.ingest.rejection import Rejection
from dataset_platform.schemas import MESSAGE, RAW

_MESSAGES = RAW.arrow.field("messages").type
_STRETCH_BYTES = 2**18
_COUNTED = (b":", b",", b'"')


class ColumnRows(NamedTuple):
    """Some lines of a block, by their numbers in order, and the conversations in them."""

    numbers: np.ndarray
    ids: pa.Array
    messages: pa.Array
    attributes: pa.Array


NO_COLUMNS = ColumnRows(
    np.array([], np.int64),
    *(pa.array([], RAW.arrow.field(name).type) for name in ("conversation_id", "messages", "attributes")),
)


def column_reader(description: SourceDescription) -> "ColumnReader | None":
    """None where what the description says cannot be asked of columns."""
    shape = plain_shape(description)
    return ColumnReader(description, shape) if shape else None


class ColumnReader:
    """Reads blocks of lines as one source's description says.

    What it gives of a line is what reading the line by itself gives; lines for which that is not certain
    it leaves out.
    """

    def __init__(self, description: SourceDescription, shape: PlainShape) -> None:
        self._shape = shape
        self._roles = RoleNames(description.roles)
        self._kept = description.attributes
        self._identity = hashlib.sha256(description.name.encode() + b"\0")

    def rows(self, block: LineBlock) -> ColumnRows:
        """The lines that could be read."""
        query = line_query(self._shape, block)
        if query is None:
            return NO_COLUMNS
        found = _Found.of(query, query.columns(block))
        found = found.where(self._readable(found))
        if not len(found.numbers):
            return NO_COLUMNS
        segments = found.segments()
        exact = _exact(block, found.numbers, segments)
        if not exact.all():
            found = found.where(exact)
            segments = found.segments()
        return ColumnRows(found.numbers, self._ids(segments), self._messages(found), self._attributes(found))

    def _readable(self, found: "_Found") -> np.ndarray:
        """Which lines are JSON with all turns in place."""
        readable = ~found.refused
        for values in found.turns.values():
            readable &= _flags(values.is_valid())
        if isinstance(self._shape, PlainList):
            readable &= self._has_entries(found.turns[self._shape.at], found.query, self._shape.role)
        return readable

    def _has_entries(self, lists: pa.ListArray, query: LineQuery, speaker: str) -> np.ndarray:
        """Which lists have entries, all of them with the fields that they need and a speaker whose role is
        known.
        """
        entries = lists.flatten()
        odd = np.zeros(len(entries), bool)
        for field, values in zip(query.entries, entries.flatten(), strict=True):
            if not field.is_optional:
                odd |= _flags(values.is_null())
            if not field.is_text:
                odd |= _flags(values.is_valid()) & ~_flags(pc.equal(canonical_texts(values), values))
            if field.name == speaker:
                odd |= _flags(self._roles_of(values).is_null())
        sound = _flags(pc.greater(pc.list_value_length(lists), 0))
        sound[pc.list_parent_indices(lists).to_numpy()[odd]] = False
        return sound

    def _roles_of(self, speakers: pa.StringArray) -> pa.StringArray:
        """Null for a speaker whom the description does not map."""
        encoded = speakers.dictionary_encode()
        roles = [self._role(name) for name in encoded.dictionary.to_pylist()]
        return pa.array(roles, pa.string()).take(encoded.indices)

    def _role(self, name: str) -> str | None:
        try:
            return self._roles.role(name)
        except Rejection:
            return None

    def _ids(self, segments: Sequence[pa.StringArray]) -> pa.Array:
        """Row by row, as no engine takes SHA-256 of a column as fast as Python's own does of each row."""
        identity = self._identity.copy()
        identity.update(b"{")
        ids = []
        for record in zip(*map(slices, segments), strict=True):
            digest = identity.copy()
            digest.update(b"".join((*record, b"}")))
            ids.append(digest.hexdigest())
        return pa.array(ids, pa.string())

    def _messages(self, found: "_Found") -> pa.Array:
        if isinstance(self._shape, PlainFields):
            return _side_by_side([found.turns[name] for name in self._shape.names], self._shape.roles)
        lists = found.turns[self._shape.at]
        names = [field.name for field in found.query.entries]
        entries = dict(zip(names, lists.flatten().flatten(), strict=True))
        roles, contents = self._roles_of(entries[self._shape.role]), entries[self._shape.content]
        ends = np.cumsum(pc.list_value_length(lists).to_numpy())
        return _messages(ends, roles, contents)

    def _attributes(self, found: "_Found") -> pa.Array:
        names = found.query.rest if self._kept is None else self._kept
        fields = {name: found.fields[name] for name in names if name in found.fields}
        return canonical_objects(fields, len(found.numbers))


class _Found(NamedTuple):
    """What lines hold: turns, and the canonical JSON of every field.

    `refused` are the lines that have a field which is no JSON.
    """

    query: LineQuery
    numbers: np.ndarray
    turns: Mapping[str, pa.Array]
    fields: Mapping[str, pa.StringArray]
    refused: np.ndarray

    @classmethod
    def of(cls, query: LineQuery, columns: pa.RecordBatch) -> "_Found":
        found = columns.columns
        n_turns = len(query.turns)
        turns = dict(zip(query.turns, found[: 2 * n_turns : 2], strict=True))
        fields = dict(zip(query.turns, found[1 : 2 * n_turns : 2], strict=True))
        refused = np.zeros(columns.num_rows, bool)
        for name, texts in zip(query.rest, found[2 * n_turns :], strict=True):
            fields[name] = canonical_texts(texts)
            refused |= _flags(fields[name].is_null()) & _flags(texts.is_valid())
        return cls(query, np.arange(columns.num_rows), turns, fields, refused)

    def where(self, chosen: np.ndarray) -> "_Found":
        """The same of some lines."""
        if chosen.all():
            return self
        mask = pa.array(chosen)
        turns, fields = (
            {name: column.filter(mask) for name, column in columns.items()}
            for columns in (self.turns, self.fields)
        )
        return _Found(self.query, self.numbers[chosen], turns, fields, self.refused[chosen])

    def segments(self) -> list[pa.StringArray]:
        return canonical_segments(self.fields, self.query.turns)


def _exact(block: LineBlock, numbers: np.ndarray, canonical: Sequence[pa.StringArray]) -> np.ndarray:
    """Which lines hold what was found in them and nothing else; `line_query` tells why signs are counted.

    Sums over all lines are compared first, as looking at each line costs many times more.
    """
    exact = np.ones(len(numbers), bool)
    segments = [text_bytes(segment) for segment in canonical]
    for sign in _COUNTED:
        odd = np.flatnonzero(~exact).tolist()
        left = np.setdiff1d(np.arange(len(block)), numbers[exact]).tolist()
        spelled = sum(
            _count(raw[bounds[0] : bounds[-1]], sign)
            - sum(_count(raw[bounds[row] : bounds[row + 1]], sign) for row in odd)
            for bounds, raw in segments
        )
        if spelled != _count(block.raw, sign) - sum(block.line(number).count(sign) for number in left):
            by_line = [counted(raw, bounds, sign) for bounds, raw in segments]
            exact &= np.sum(by_line, axis=0) == counted(block.raw, block.bounds, sign)[numbers]
    return exact


def _count(raw: bytes | np.ndarray, sign: bytes) -> int:
    """How often the bytes have the sign; a stretch at a time, which stays in the core's cache."""
    is_sign = (
        np.frombuffer(raw, np.uint8, min(_STRETCH_BYTES, len(raw) - start), start) == ord(sign)
        for start in range(0, len(raw), _STRETCH_BYTES)
    )
    return sum(map(int, map(np.count_nonzero, is_sign)))


def _side_by_side(contents: Sequence[pa.StringArray], roles: Sequence[str]) -> pa.Array:
    """Messages of records that have one turn in each of these columns."""
    n_turns, rows = len(contents), len(contents[0])
    order = np.arange(n_turns * rows).reshape(n_turns, rows).T.ravel()
    ends = np.arange(1, rows + 1) * n_turns
    return _messages(ends, pa.array(list(roles) * rows, pa.string()), pa.concat_arrays(contents).take(order))


def _messages(ends: np.ndarray, roles: pa.StringArray, contents: pa.StringArray) -> pa.Array:
    turns = pa.StructArray.from_arrays([roles, contents], fields=list(MESSAGE))
    bounds = pa.array(np.concatenate([[0], ends]), pa.int32())
    return pa.ListArray.from_arrays(bounds, turns, type=_MESSAGES)


def _flags(flags: pa.BooleanArray) -> np.ndarray:
    """Null is false."""
    return flags.fill_null(False).to_numpy(zero_copy_only=False)
