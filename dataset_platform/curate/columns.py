"""Arrow columns: work on affected strings only, take turns out of conversations and put them back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.schemas import MESSAGE

StringColumn: TypeAlias = pa.Array


def only_where(
    affected: pa.BooleanArray, column: StringColumn, change: Callable[[StringColumn], StringColumn]
) -> StringColumn:
    """The column with `change` applied to the affected strings; the others are not looked at."""
    if not affected.true_count:
        return column
    return pc.replace_with_mask(column, affected, change(column.filter(affected)))


def with_texts(column: StringColumn, places: np.ndarray, texts: StringColumn) -> StringColumn:
    """The column with these texts at these places, which ascend."""
    mask = np.zeros(len(column), bool)
    mask[places] = True
    return pc.replace_with_mask(column, pa.array(mask), texts)


def strings(values: list[str]) -> StringColumn:
    """A column of strings. Offsets have 64 bits, so that no batch is too long."""
    return pa.array(values, pa.large_string())


def hinted(column: StringColumn, hints: Sequence[str]) -> list[np.ndarray]:
    """Where the strings stand that match each of these patterns (RE2), ascending.

    One pass for many patterns leaves few strings to ask for each. Those with digits are asked apart from
    the others, as an automaton of both is too large to be fast.
    """
    places: dict[str, np.ndarray] = {}
    for with_digits in (True, False):
        alike = [hint for hint in hints if (r"\d" in hint) is with_digits]
        if alike:
            maybe = matching(column, "|".join(f"(?:{hint})" for hint in alike))
            few = column.take(pa.array(maybe))
            places |= {hint: maybe[matching(few, hint)] for hint in dict.fromkeys(alike)}
    return [places[hint] for hint in hints]


def matching(column: StringColumn, pattern: str) -> np.ndarray:
    """Where the strings stand that match this pattern (RE2), ascending."""
    return np.flatnonzero(pc.match_substring_regex(column, pattern).to_numpy(zero_copy_only=False))


def string_bytes(column: StringColumn) -> tuple[np.ndarray, memoryview]:
    """Where each of the strings begins in their bytes, and the last ends; and these bytes, not copied."""
    _, offsets, content = column.buffers()
    bounds = np.frombuffer(offsets or bytes(8), np.int64)[column.offset : column.offset + len(column) + 1]
    return bounds, memoryview(content or b"")


def named_counts(counts: np.ndarray, names: Sequence[str], entry: pa.StructType) -> pa.Array:
    """Counts of shape (rows, names) as lists of the struct `entry`, which holds a name and its count.

    What a row has none of is left out; the others come in the order of the names.
    """
    rows, columns = np.nonzero(counts)
    flat = pa.StructArray.from_arrays(
        [strings(list(names)).take(pa.array(columns)), pa.array(counts[rows, columns], pa.int32())],
        fields=[entry.field(0).with_type(pa.large_string()), entry.field(1)],
    )
    offsets = np.searchsorted(rows, np.arange(len(counts) + 1))
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), flat)


@dataclass(frozen=True)
class Turns:
    """All turns of a batch, flat: turn i says `contents[i]` as `roles[i]` in conversation `rows[i]`.

    `rows` ascends, and `n_rows` counts the conversations, those without a turn too. `numbers[i]` is
    the place of the turn in its conversation as it was read, from 0; of merged turns, the first's.
    """

    rows: np.ndarray
    roles: StringColumn
    contents: StringColumn
    n_rows: int
    numbers: np.ndarray

    @classmethod
    def of(cls, messages: pa.Array) -> "Turns":
        lengths = pc.fill_null(pc.list_value_length(messages), 0).to_numpy(zero_copy_only=False)
        flat = pc.list_flatten(messages)
        rows = np.repeat(np.arange(len(messages)), lengths)
        return cls(
            rows=rows,
            roles=pc.struct_field(flat, "role").cast(pa.large_string()),
            contents=pc.struct_field(flat, "content").cast(pa.large_string()),
            n_rows=len(messages),
            numbers=np.arange(len(rows)) - (lengths.cumsum() - lengths)[rows],
        )

    def said_by(self, role: str) -> np.ndarray:
        """The places of the turns of one role."""
        return np.flatnonzero(pc.equal(self.roles, role))

    def at(self, places: np.ndarray) -> "Turns":
        """The turns at these places, which ascend."""
        index = pa.array(places, pa.int64())
        return Turns(
            self.rows[places],
            self.roles.take(index),
            self.contents.take(index),
            self.n_rows,
            self.numbers[places],
        )

    def saying(self, contents: StringColumn) -> "Turns":
        """The same turns with other words."""
        return Turns(self.rows, self.roles, contents, self.n_rows, self.numbers)

    def going_on(self) -> np.ndarray:
        """Which turns are of the same role as the turn before them in the conversation."""
        if not len(self.rows):
            return np.zeros(0, bool)
        codes = self.roles.dictionary_encode().indices.to_numpy()
        same = (self.rows[1:] == self.rows[:-1]) & (codes[1:] == codes[:-1])
        return np.concatenate(([False], same))

    def merged(self) -> "Turns":
        """Consecutive turns of one role become one turn, a line each."""
        starts = np.flatnonzero(~self.going_on())
        return self.at(starts).saying(_joined(self.contents, np.append(starts, len(self.rows)), "\n"))

    def none(self) -> np.ndarray:
        """A count of zero for each conversation."""
        return np.zeros(self.n_rows, np.int64)

    def counted(self, places: np.ndarray) -> np.ndarray:
        """How many of the turns at these places each conversation has."""
        return np.bincount(self.rows[places], minlength=self.n_rows)

    def offsets(self) -> np.ndarray:
        """Where the turns of each conversation begin; one more than conversations."""
        return np.searchsorted(self.rows, np.arange(self.n_rows + 1))

    def texts(self, separator: str = "\n") -> StringColumn:
        """What is said in each conversation."""
        return _joined(self.contents, self.offsets(), separator)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """The values of the turns, added up for each conversation; 0 where there are none."""
        totals = np.zeros((self.n_rows, *values.shape[1:]), np.int64)
        np.add.at(totals, self.rows, values)
        return totals

    def most(self, values: np.ndarray) -> np.ndarray:
        """The largest value of each conversation's turns; 0 where there are none."""
        largest = np.zeros(self.n_rows, values.dtype)
        np.maximum.at(largest, self.rows, values)
        return largest

    def any(self, shown: np.ndarray) -> np.ndarray:
        """Whether any turn of each conversation shows it."""
        return np.bincount(self.rows[shown], minlength=self.n_rows) > 0

    def messages(self) -> pa.Array:
        """The turns as the `messages` column of a conversation record."""
        fields = [pa.field(field.name, pa.large_string(), nullable=False) for field in MESSAGE]
        flat = pa.StructArray.from_arrays([self.roles, self.contents], fields=fields)
        return pa.LargeListArray.from_arrays(pa.array(self.offsets(), pa.int64()), flat)

    def of_rows(self, chosen: np.ndarray) -> "Turns":
        """The turns of the chosen conversations; the others are left without any."""
        return self.at(np.flatnonzero(chosen[self.rows]))


def _joined(column: StringColumn, offsets: np.ndarray, separator: str) -> StringColumn:
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), column.cast(pa.string()))
    return pc.binary_join(lists, separator).cast(pa.large_string())
