"""What was found in many records, as columns."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Self

import numpy as np
import pyarrow as pa

from dataset_platform.ingest.columns.canonical_columns import Field, Fields


class FoundRows(NamedTuple):
    """Records by their numbers in order: their messages, what is kept of each turn by the words of its query,
    and the canonical JSON of every field.
    """

    numbers: np.ndarray
    messages: pa.Array
    kept: Mapping[str, pa.StringArray]
    fields: Fields

    def where(self, chosen: np.ndarray) -> Self:
        """The same of some records."""
        if chosen.all():
            return self
        runs = _runs(chosen)

        def some(column: pa.Array) -> pa.Array:
            # Many times faster than a filter, which copies row by row.
            return pa.concat_arrays([column[:0], *(column[start:end] for start, end in runs)])

        kept = {query: some(texts) for query, texts in self.kept.items()}
        return self._replace(
            numbers=self.numbers[chosen],
            messages=some(self.messages),
            kept=kept,
            fields=_each(self.fields, some),
        )


def flags(values: pa.BooleanArray) -> np.ndarray:
    """Null is false."""
    return values.fill_null(False).to_numpy(zero_copy_only=False)


def nested(fields: Mapping[tuple[str, ...], Field]) -> Fields:
    """The fields under the last names of their paths."""
    found: dict[str, Field | Fields] = {}
    for name in dict.fromkeys(path[0] for path in fields):
        below = {path[1:]: field for path, field in fields.items() if path[0] == name}
        found[name] = below[()] if () in below else nested(below)
    return found


def _runs(chosen: np.ndarray) -> list[tuple[int, int]]:
    """Where rows that are chosen follow each other."""
    edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _each(fields: Fields, change: Callable[[pa.Array], pa.Array]) -> Fields:
    return {
        name: field._replace(texts=change(field.texts)) if isinstance(field, Field) else _each(field, change)
        for name, field in fields.items()
    }
