"""DuckDB's reading of lines, and why what it says can be trusted.

DuckDB parses JSON several times faster than Python, as it makes no objects. It is more lenient than the
platform: it takes the first of a key that a record has twice, passes over fields that nobody asked for,
turns numbers into text where text was asked for, and accepts a comma too many, NaN and infinity. All of that
changes how many colons, commas or quotation marks there are between the line and the canonical JSON of what
was read, and changes them in one direction: so where the sums over lines agree, every line was read exactly.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from dataset_platform.ingest.columns.line_blocks import LineBlock
from dataset_platform.ingest.columns.plain_shapes import PlainList, PlainShape

_SAMPLED_LINES = 64
_MOST_FIELDS = 100
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class EntryField(NamedTuple):
    """A field of a list's entries: whether it is text wherever it is, and whether some entries lack it."""

    name: str
    is_text: bool
    is_optional: bool


class LineQuery(NamedTuple):
    """What to ask of lines: `turns` as text, or as lists of objects with `entries`; `rest` as JSON.

    All are in the order of names.
    """

    turns: tuple[str, ...]
    entries: tuple[EntryField, ...]
    rest: tuple[str, ...]

    def columns(self, block: LineBlock) -> pa.RecordBatch:
        """A row for each line: each of `turns` and its JSON, then `rest`; null where a line lacks one, or is
        no JSON.
        """
        entry = {field.name: "VARCHAR" if field.is_text else "JSON" for field in self.entries}
        turns = dict.fromkeys(self.turns, [entry] if entry else "VARCHAR")
        wanted = orjson.dumps({**turns, **dict.fromkeys(self.rest, "JSON")}).decode()
        selected = [f'found."{name}", {self._spelled(name)}' for name in self.turns]
        # What is null in `found` may be a null that the line has: there it is asked once more.
        again = "CASE WHEN found IS NOT NULL THEN line END"
        selected += [
            f"""coalesce(found."{name}", json_extract({again}, '$."{name}"'))""" for name in self.rest
        ]
        found = f"SELECT line, try(json_transform(line, '{wanted}')) AS found FROM lines"
        with _database().cursor() as cursor:
            cursor.register("lines", block.table())
            table = cursor.sql(f"SELECT {', '.join(selected)} FROM ({found})").to_arrow_table()
            return table.combine_chunks().to_batches()[0]

    def _spelled(self, name: str) -> str:
        """The JSON of a turn or a list; in its objects, what was not found is null and is taken out.

        Nothing of what was said is taken out, as quotation marks in it have a backslash.
        """
        spelled = f'to_json(found."{name}")'
        for field in reversed(self.entries):
            if field.is_optional:
                is_first = field is self.entries[0]
                null, rest = (f'{{"{field.name}":null,', "{") if is_first else (f',"{field.name}":null', "")
                spelled = f"replace({spelled}, '{null}', '{rest}')"
        return spelled


def line_query(shape: PlainShape, block: LineBlock) -> LineQuery | None:
    """A query for the fields that a sample of the lines has; None where the turns are not among them."""
    records = [record for line in block.sample(_SAMPLED_LINES) if (record := _object(line))]
    fields = _columns(records)
    entries: tuple[EntryField, ...] = ()
    if isinstance(shape, PlainList):
        entries = _entries(shape, [record.get(shape.at) for record in records])
    turns = {shape.at} if isinstance(shape, PlainList) else set(shape.names)
    if not turns <= fields or (isinstance(shape, PlainList) and not entries):
        return None
    return LineQuery(tuple(sorted(turns)), entries, tuple(sorted(fields - turns)))


def _entries(shape: PlainList, lists: Iterable[Any]) -> tuple[EntryField, ...]:
    """The fields that the lists' objects have; none where that are not speakers and what they say."""
    entries = chain.from_iterable(entries for entries in lists if isinstance(entries, list))
    objects = [entry for entry in entries if isinstance(entry, dict)]
    names = _columns(objects)
    needed = {shape.role, shape.content}
    if not needed <= names:
        return ()
    return tuple(
        EntryField(
            name,
            is_text=name in needed or all(isinstance(entry.get(name, ""), str) for entry in objects),
            is_optional=name not in needed and not all(name in entry for entry in objects),
        )
        for name in sorted(names)
    )


def _columns(objects: Iterable[dict[str, Any]]) -> set[str]:
    """The names of fields that SQL can spell and tell apart, the most frequent first.

    Lines with others are not read exactly, and so read one by one.
    """
    names: dict[str, str] = {}
    for name, _ in Counter(chain.from_iterable(objects)).most_common(_MOST_FIELDS):
        if _NAME.fullmatch(name):
            names.setdefault(name.casefold(), name)
    return set(names.values())


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


@cache
def _database() -> Any:
    """One for the process: parts are read side by side, each by one thread."""
    import duckdb

    return duckdb.connect(config={"threads": 1})
