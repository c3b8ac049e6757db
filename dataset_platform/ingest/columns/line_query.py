"""DuckDB's reading of lines, and why what it says can be trusted.

DuckDB parses JSON several times faster than Python, as it makes no objects. It is more lenient than the
platform: it takes the first of a key that a record has twice, passes over fields that nobody asked for,
turns numbers into text where text was asked for, and accepts a comma too many, NaN and infinity. All of that
changes how many colons, commas or quotation marks there are between the line and the canonical JSON of what
was read, and changes them in one direction: so where the sums over lines agree, every line was read exactly.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from dataset_platform.ingest.columns.line_blocks import LineBlock
from dataset_platform.ingest.columns.plain_shapes import PlainList, PlainShape, leads_to
from dataset_platform.ingest.describing.description import PER_TURN
from dataset_platform.ingest.describing.queries import FieldPath

_SAMPLED_LINES = 64
_MOST_FIELDS = 100
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class EntryField(NamedTuple):
    """A field of a list's entries: whether it is asked for as text, and whether some entries lack it."""

    name: str
    is_text: bool
    is_optional: bool


class LineQuery(NamedTuple):
    """What to ask of lines: `turns` as text, or as lists of objects with `entries`; `rest` as JSON."""

    turns: tuple[FieldPath, ...]
    entries: tuple[EntryField, ...]
    rest: tuple[FieldPath, ...]

    def columns(self, block: LineBlock) -> pa.RecordBatch:
        """A row for each line: each of `turns` and its JSON, then `rest`; null where a line lacks one, or is
        no JSON.
        """
        entry = {field.name: "VARCHAR" if field.is_text else "JSON" for field in self.entries}
        wanted: dict[str, Any] = {}
        for path in (*self.turns, *self.rest):
            within = wanted
            for name in path[:-1]:
                within = within.setdefault(name, {})
            within[path[-1]] = "JSON" if path in self.rest else [entry] if entry else "VARCHAR"
        selected = [f"{_found(path)}, {self._spelled(path)}" for path in self.turns]
        # What is null in `found` may be a null that the line has: there it is asked once more.
        again = "CASE WHEN found IS NOT NULL THEN line END"
        selected += [
            f"coalesce({_found(path)}, json_extract({again}, '{place(path)}'))" for path in self.rest
        ]
        found = f"SELECT line, try(json_transform(line, '{orjson.dumps(wanted).decode()}')) AS found FROM t"
        return answer(block.table(), f"SELECT {', '.join(selected)} FROM ({found})")

    def _spelled(self, path: FieldPath) -> str:
        """The JSON of a turn or a list; in its objects, what was not found is null and is taken out.

        Nothing of what was said is taken out, as quotation marks in it have a backslash.
        """
        spelled = f"to_json({_found(path)})"
        for field in reversed(self.entries):
            if field.is_optional:
                is_first = field is self.entries[0]
                null, rest = (f'{{"{field.name}":null,', "{") if is_first else (f',"{field.name}":null', "")
                spelled = f"replace({spelled}, '{null}', '{rest}')"
        return spelled


def line_query(shape: PlainShape, block: LineBlock) -> LineQuery | None:
    """A query for the fields that a sample of the lines has; None where the turns are not among them."""
    records = [record for line in block.sample(_SAMPLED_LINES) if (record := _object(line))]
    fields = set(_leaves(records, shape.turns, ()))
    entries: tuple[EntryField, ...] = ()
    if isinstance(shape, PlainList):
        entries = _entries(shape, records)
        if shape.kept:  # where it is in the way of what is kept, the line is read by itself
            fields.discard((PER_TURN,))
    if not fields.issuperset(shape.turns) or (isinstance(shape, PlainList) and not entries):
        return None
    return LineQuery(shape.turns, entries, tuple(sorted(fields.difference(shape.turns))))


def answer(table: pa.Table, sql: str) -> pa.RecordBatch:
    """What DuckDB answers about the table `t`."""
    with _database().cursor() as cursor:
        cursor.register("t", table)
        return cursor.sql(sql).to_arrow_table().combine_chunks().to_batches()[0]


def place(path: FieldPath) -> str:
    """The path as DuckDB's JSON functions take it."""
    return "$" + "".join(f'."{name}"' for name in path)


def _found(path: FieldPath) -> str:
    return "found" + "".join(f"['{name}']" for name in path)


def _leaves(
    objects: Sequence[dict[str, Any]], turns: Sequence[FieldPath], above: FieldPath
) -> Iterator[FieldPath]:
    """The fields of the objects; of an object on the way to a turn, its fields."""
    for name in _columns(objects):
        path = (*above, name)
        if leads_to(path, turns):
            yield from _leaves(_objects(each.get(name) for each in objects), turns, path)
        else:
            yield path


def _entries(shape: PlainList, records: Iterable[Any]) -> tuple[EntryField, ...]:
    """The fields that the lists' objects have; none where that are not speakers and what they say."""
    for name in shape.at[:-1]:
        records = [record.get(name) for record in _objects(records)]
    lists = (record.get(shape.at[-1]) for record in _objects(records))
    objects = _objects(chain.from_iterable(entries for entries in lists if isinstance(entries, list)))
    names = _columns(objects)
    needed = {shape.role[0], shape.content[0]}
    if not needed <= names:
        return ()
    return tuple(
        EntryField(
            name,
            is_text=_is_text(name, shape, objects),
            is_optional=name not in needed and not all(name in entry for entry in objects),
        )
        for name in sorted(names)
    )


def _is_text(name: str, shape: PlainList, objects: Sequence[dict[str, Any]]) -> bool:
    """Whether the field is wanted as nothing but text, or, wanted by nobody, is text wherever it is."""
    wanted = [path for path in (*shape.texts, *shape.values) if path[0] == name]
    if wanted:
        return wanted == [(name,)] and (name,) in shape.texts
    return all(isinstance(entry.get(name, ""), str) for entry in objects)


def _objects(values: Iterable[Any]) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)]


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
