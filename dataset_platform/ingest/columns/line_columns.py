"""What lines of JSON hold, as columns."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.ingest.columns.canonical_columns import (
    Field,
    canonical_lists,
    canonical_objects,
    canonical_texts,
    text_bytes,
)
from dataset_platform.ingest.columns.found_rows import FoundRows, flags, nested
from dataset_platform.ingest.columns.line_blocks import LineBlock, counted
from dataset_platform.ingest.columns.line_query import LineQuery, answer, line_query, place
from dataset_platform.ingest.columns.plain_shapes import PlainFields, PlainShape
from dataset_platform.ingest.columns.turn_columns import turns_in_fields, turns_in_lists
from dataset_platform.ingest.describing.queries import FieldPath
from dataset_platform.ingest.interpreting.turns import RoleNames

_COUNTED = (ord(":"), ord(","), ord('"'))
_STRETCH_LINES = 96
"""So few that a stretch stays in the core's cache while its signs are counted."""


def found_in_lines(shape: PlainShape, names: RoleNames, block: LineBlock) -> FoundRows | None:
    """The lines that are JSON with all turns in place; None where turns are not among the block's fields."""
    query = line_query(shape, block)
    if query is None:
        return None
    columns = query.columns(block).columns
    n_turns = len(query.turns)
    spelled = columns[1 : 2 * n_turns : 2]
    fields = {path: Field(texts, is_turn=True) for path, texts in zip(query.turns, spelled, strict=True)}
    found = [columns[number] for number in range(0, 2 * n_turns, 2)]
    sound = np.ones(len(block), bool)
    for path, texts in zip(query.rest, columns[2 * n_turns :], strict=True):
        fields[path] = Field(canonical_texts(texts))
        sound &= flags(fields[path].texts.is_valid()) | flags(texts.is_null())
    if isinstance(shape, PlainFields):
        turns = turns_in_fields(shape, found)
    else:
        entries = _LineEntries(query, found[0])
        turns = turns_in_lists(shape, names, entries)
        fields[shape.at] = Field(entries.canonical(spelled[0]), is_turn=True)
    return FoundRows(np.arange(len(block)), turns.messages, turns.kept, nested(fields)).where(
        sound & turns.are_sound
    )


def are_exact(block: LineBlock, numbers: np.ndarray, canonical: Sequence[pa.StringArray]) -> np.ndarray:
    """Which lines hold what was found in them and nothing else; `line_query` tells why signs are counted.

    Sums over stretches of lines are compared first, as looking at each line costs many times more.
    """
    exact = np.ones(len(numbers), bool)
    raw = np.frombuffer(block.raw, np.uint8)
    texts = [text_bytes(segment) for segment in canonical]
    for start in range(0, len(numbers), _STRETCH_LINES):
        lines = numbers[start : start + _STRETCH_LINES]
        spelled = [(bounds[start : start + _STRETCH_LINES + 1], bytes_) for bounds, bytes_ in texts]
        stretch = block.bounds[lines[0] : lines[-1] + 2]
        is_whole = lines[-1] - lines[0] + 1 == len(lines)
        left = [] if is_whole else np.setdiff1d(np.arange(lines[0], lines[-1]), lines).tolist()
        for sign in _COUNTED:
            n_spelled = sum(_count(bytes_, bounds, sign) for bounds, bytes_ in spelled)
            n_left = sum(_count(raw, block.bounds[line : line + 2], sign) for line in left)
            if n_spelled != _count(raw, stretch, sign) - n_left:
                by_line = sum(counted(bytes_, bounds, sign) for bounds, bytes_ in spelled)
                exact[start : start + _STRETCH_LINES] &= (
                    by_line == counted(raw, stretch, sign)[lines - lines[0]]
                )
    return exact


class _LineEntries:
    """The entries of all lists, one after the other."""

    def __init__(self, query: LineQuery, lists: pa.ListArray) -> None:
        self.lengths = pc.list_value_length(lists).fill_null(0).to_numpy()
        entries = lists.flatten()
        self.are_odd = np.zeros(len(entries), bool)
        self._texts: dict[str, pa.StringArray] = {}
        self._values: dict[str, pa.StringArray] = {}
        self._are_canonical = True
        for field, found in zip(query.entries, entries.flatten(), strict=True):
            if not field.is_optional:
                self.are_odd |= flags(found.is_null())
            if field.is_text:
                self._texts[field.name] = found
                continue
            values = self._values[field.name] = canonical_texts(found)
            self.are_odd |= flags(values.is_null()) & flags(found.is_valid())
            self._are_canonical &= values.equals(found)

    def canonical(self, spelled: pa.StringArray) -> pa.StringArray:
        """The canonical JSON of the lists, which is what was spelled where all that lies in entries is."""
        if self._are_canonical:
            return spelled
        texts = {name: _asked("to_json(value)", texts) for name, texts in self._texts.items()}
        fields = {name: Field(values) for name, values in {**texts, **self._values}.items()}
        return canonical_lists(self.lengths, canonical_objects(fields, len(self.are_odd)))

    def text(self, path: FieldPath) -> pa.StringArray:
        """What each entry has there, null where that is no text."""
        return self._texts[path[0]] if path[0] in self._texts else _asked(_AS_TEXT, self.value(path))

    def value(self, path: FieldPath) -> pa.StringArray:
        """The canonical JSON of what each entry has there, null where it has nothing."""
        values = self._values.get(path[0])
        if values is None:
            return pa.nulls(len(self.are_odd), pa.string())
        if len(path) == 1:
            return values
        return canonical_texts(_asked(f"json_extract(value, '{place(path[1:])}')", values))


_AS_TEXT = "CASE WHEN json_type(value) = 'VARCHAR' THEN json_extract_string(value, '$') END"


def _asked(sql: str, values: pa.StringArray) -> pa.StringArray:
    return answer(pa.table({"value": values}), f"SELECT {sql} FROM t").column(0)


def _count(raw: np.ndarray, bounds: np.ndarray, sign: int) -> int:
    return int(np.count_nonzero(raw[bounds[0] : bounds[-1]] == sign))
