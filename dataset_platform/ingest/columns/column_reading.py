"""The records of a block of lines or of rows, read as columns."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeGuard

import numpy as np
import pyarrow as pa

from dataset_platform.ingest.columns.arrow_columns import found_in_rows
from dataset_platform.ingest.columns.canonical_columns import (
    Field,
    Fields,
    canonical_objects,
    canonical_segments,
    slices,
    text_bytes,
    without_turns,
)
from dataset_platform.ingest.columns.found_rows import FoundRows
from dataset_platform.ingest.columns.line_blocks import LineBlock
from dataset_platform.ingest.columns.line_columns import are_exact, found_in_lines
from dataset_platform.ingest.columns.plain_shapes import PlainShape, plain_shape
from dataset_platform.ingest.describing.description import PER_TURN, SourceDescription
from dataset_platform.ingest.interpreting.turns import RoleNames
from dataset_platform.schemas import RAW


class ColumnRows(NamedTuple):
    """Some lines or rows, by their numbers in order, and the conversations in them."""

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
    """Reads blocks of lines, and of rows, as one source's description says.

    What it gives of a line or row is what reading that by itself gives; those for which that is not certain
    it leaves out.
    """

    def __init__(self, description: SourceDescription, shape: PlainShape) -> None:
        self._shape = shape
        self._roles = RoleNames(description.roles)
        self._kept = description.attributes
        self._max_bytes = description.limits.max_record_bytes
        self._identity = hashlib.sha256(description.name.encode() + b"\0")

    def lines(self, block: LineBlock) -> ColumnRows:
        """The lines that could be read."""
        found = found_in_lines(self._shape, self._roles, block)
        if not self._can_be_read(found):
            return NO_COLUMNS
        segments = canonical_segments(found.fields)
        return self._rows(found, segments, are_exact(block, found.numbers, segments))

    def rows(self, batch: pa.RecordBatch) -> ColumnRows:
        """The rows that could be read."""
        found = found_in_rows(self._shape, self._roles, batch)
        if not self._can_be_read(found):
            return NO_COLUMNS
        segments = canonical_segments(found.fields)
        lengths = np.sum([np.diff(text_bytes(segment)[0]) for segment in segments], axis=0)
        return self._rows(found, segments, lengths + len("{}") <= self._max_bytes)

    def _can_be_read(self, found: FoundRows | None) -> TypeGuard[FoundRows]:
        if found is None or not len(found.numbers):
            return False
        return not (found.kept and PER_TURN in self._attributes(found))

    def _rows(self, found: FoundRows, segments: Sequence[pa.StringArray], chosen: np.ndarray) -> ColumnRows:
        if not chosen.all():
            found = found.where(chosen)
            segments = canonical_segments(found.fields)
        attributes: Mapping[str, Field | Fields] = self._attributes(found)
        if found.kept:
            attributes = {
                **attributes,
                PER_TURN: {query: Field(texts) for query, texts in found.kept.items()},
            }
        rows = len(found.numbers)
        return ColumnRows(
            found.numbers, self._ids(segments), found.messages, canonical_objects(attributes, rows)
        )

    def _attributes(self, found: FoundRows) -> Fields:
        if self._kept is None:
            return without_turns(found.fields)
        return {name: found.fields[name] for name in self._kept if name in found.fields}

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
