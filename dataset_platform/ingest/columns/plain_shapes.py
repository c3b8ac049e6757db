"""Shapes so plain that turns are columns: one list of objects, or fields that hold text."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dataset_platform.ingest.describing.description import Reader, SourceDescription
from dataset_platform.ingest.describing.queries import FieldPath, Query
from dataset_platform.ingest.describing.turn_shapes import TurnFields, TurnList

READERS_OF_COLUMNS = (Reader.JSONL, Reader.PARQUET)


class PlainList(NamedTuple):
    """A list in the record; each entry tells who speaks.

    `speakers` are roles in the order of who speaks first, where names mean none. `kept` is what to keep of
    each entry, by the words of its query.
    """

    at: FieldPath
    role: FieldPath
    content: FieldPath
    speakers: tuple[str, ...]
    kept: Mapping[str, FieldPath]

    @property
    def turns(self) -> tuple[FieldPath, ...]:
        return (self.at,)

    @property
    def texts(self) -> tuple[FieldPath, ...]:
        """What must be text in each entry."""
        return (self.content,) if self.speakers else (self.role, self.content)

    @property
    def values(self) -> tuple[FieldPath, ...]:
        """What may be any value in each entry."""
        kept = tuple(self.kept.values())
        return (self.role, *kept) if self.speakers else kept


class PlainFields(NamedTuple):
    """Places in the record that hold text, and who says each."""

    turns: tuple[FieldPath, ...]
    roles: tuple[str, ...]


PlainShape = PlainList | PlainFields


def leads_to(path: FieldPath, turns: Iterable[FieldPath]) -> bool:
    """Whether an object is on the way to a turn."""
    return any(len(turn) > len(path) and turn[: len(path)] == path for turn in turns)


def plain_shape(description: SourceDescription) -> PlainShape | None:
    """The shape of lines or rows that are a record each, where all queries are chains of names; else None."""
    if description.reader not in READERS_OF_COLUMNS or description.group_by or len(description.turns) != 1:
        return None
    match description.turns[0]:
        case TurnList() as shape:
            return _plain_list(shape)
        case TurnFields(turns=turns):
            paths = _paths(*(turn.content for turn in turns))
            distinct = len(set(paths)) == len(turns)
            return PlainFields(paths, tuple(turn.role.value for turn in turns)) if distinct else None
        case _:
            return None


def _plain_list(shape: TurnList) -> PlainList | None:
    queries = (shape.at, shape.role, shape.content, *shape.keep)
    paths = _paths(*queries)
    if len(paths) < len(queries) or shape.role == shape.content:
        return None
    at, role, content, *kept = paths
    speakers = tuple(role.value for role in shape.speakers)
    return PlainList(at, role, content, speakers, dict(zip(shape.keep, kept, strict=True)))


def _paths(*queries: str) -> tuple[FieldPath, ...]:
    """Those of the queries that are chains of names, as such."""
    return tuple(path for query in queries if (path := Query(query).field_path))
