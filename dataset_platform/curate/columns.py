"""Arrow columns: work on affected strings only, take turns out of conversations and put them back."""

from collections.abc import Callable
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


def strings(values: list[str]) -> StringColumn:
    """A column of strings. Offsets have 64 bits, so that no batch is too long."""
    return pa.array(values, pa.large_string())


@dataclass(frozen=True)
class Turns:
    """All turns of a batch, flat: turn i says `contents[i]` as `roles[i]` in conversation `rows[i]`.

    `rows` ascends, and `n_rows` counts the conversations, those without a turn too.
    """

    rows: np.ndarray
    roles: StringColumn
    contents: StringColumn
    n_rows: int

    @classmethod
    def of(cls, messages: pa.Array) -> "Turns":
        lengths = pc.fill_null(pc.list_value_length(messages), 0).to_numpy(zero_copy_only=False)
        flat = pc.list_flatten(messages)
        return cls(
            rows=np.repeat(np.arange(len(messages)), lengths),
            roles=pc.struct_field(flat, "role").cast(pa.large_string()),
            contents=pc.struct_field(flat, "content").cast(pa.large_string()),
            n_rows=len(messages),
        )

    def having(self, role: str) -> "Turns":
        """The turns of one role."""
        return self._where(pc.equal(self.roles, role))

    def not_empty(self) -> "Turns":
        """The turns that say something."""
        return self._where(pc.greater(pc.binary_length(self.contents), 0))

    def saying(self, contents: StringColumn) -> "Turns":
        """The same turns with other words."""
        return Turns(self.rows, self.roles, contents, self.n_rows)

    def merged(self) -> "Turns":
        """Consecutive turns of one role become one turn, a line each."""
        if not len(self.rows):
            return self
        codes = self.roles.dictionary_encode().indices.to_numpy()
        same = (self.rows[1:] == self.rows[:-1]) & (codes[1:] == codes[:-1])
        starts = np.flatnonzero(np.concatenate(([True], ~same)))
        return Turns(
            rows=self.rows[starts],
            roles=self.roles.take(pa.array(starts)),
            contents=_joined(self.contents, np.append(starts, len(self.rows)), "\n"),
            n_rows=self.n_rows,
        )

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
        return self._where(pa.array(chosen[self.rows]))

    def _where(self, chosen: pa.BooleanArray) -> "Turns":
        return Turns(
            rows=self.rows[chosen.to_numpy(zero_copy_only=False)],
            roles=self.roles.filter(chosen),
            contents=self.contents.filter(chosen),
            n_rows=self.n_rows,
        )


def _joined(column: StringColumn, offsets: np.ndarray, separator: str) -> StringColumn:
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), column.cast(pa.string()))
    return pc.binary_join(lists, separator).cast(pa.large_string())
