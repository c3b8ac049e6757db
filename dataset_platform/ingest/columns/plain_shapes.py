"""Shapes so plain that turns are columns: one list of objects, or fields that hold text."""

from typing import NamedTuple

from dataset_platform.ingest.describing.description import Reader, SourceDescription
from dataset_platform.ingest.describing.queries import Query
from dataset_platform.ingest.describing.turn_shapes import TurnFields, TurnList


class PlainList(NamedTuple):
    """A list at one field of the record; each entry names who speaks."""

    at: str
    role: str
    content: str


class PlainFields(NamedTuple):
    """Fields of the record, and who says what each holds."""

    names: tuple[str, ...]
    roles: tuple[str, ...]


PlainShape = PlainList | PlainFields


def plain_shape(description: SourceDescription) -> PlainShape | None:
    """The shape of JSON lines that are a record each, where all queries are names of fields; else None."""
    if description.reader is not Reader.JSONL or description.group_by or len(description.turns) != 1:
        return None
    match description.turns[0]:
        case TurnList(speakers=(), keep=()) as shape:
            at, role, content = _names(shape.at, shape.role, shape.content)
            return PlainList(at, role, content) if at and role and content and role != content else None
        case TurnFields(turns=turns):
            names = [name for name in _names(*(turn.content for turn in turns)) if name]
            distinct = len(set(names)) == len(turns)
            return PlainFields(tuple(names), tuple(turn.role.value for turn in turns)) if distinct else None
        case _:
            return None


def _names(*queries: str) -> list[str | None]:
    return [Query(query).field_name for query in queries]
