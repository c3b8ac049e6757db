"""From records of a sample to the keys of a description that reads them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dataset_platform.ingest.describing.description import READERS_OF_ROWS, Reader
from dataset_platform.ingest.formats.row_groups import ROWS_FIELD
from dataset_platform.ingest.sniffing.fields import Record
from dataset_platform.ingest.sniffing.rows import RowTurns, row_turns
from dataset_platform.ingest.sniffing.shape import SIDES, Shape
from dataset_platform.ingest.sniffing.shapes import shapes
from dataset_platform.ingest.sniffing.speakers import Speakers, by_presence, speakers
from dataset_platform.ingest.sniffing.words import query

_MOST_SHAPES = 4
_WORTH_A_SHAPE = 0.02
"""Share of a sample that a further shape has to read."""


@dataclass(frozen=True)
class Reading:
    """Keys of a description (reader, csv, turns, roles, …), in the order of the file, and what is unsure."""

    keys: dict[str, Any]
    doubts: tuple[str, ...] = field(default=())


def reading(keys: dict[str, Any], records: Sequence[Record]) -> Reading | None:
    """How records that were cut by `keys` are read; None when no turns are found in them."""
    if keys["reader"] == Reader.CSV and (turns := row_turns(records)):
        return _of_rows(keys, turns)
    chosen = _chosen(records)
    if not chosen:
        turns = row_turns(records) if keys["reader"] in READERS_OF_ROWS else None
        return _of_rows(keys, turns) if turns else None
    named = [shape for shape in chosen if shape.speakers]
    talk = [names for shape in named for names in shape.speakers]
    spoken = speakers(talk)
    if spoken.by_order and any(shape.turns["shape"] == "text" for shape in chosen):
        spoken = by_presence(talk)
    by_order = {"speakers": list(SIDES)} if spoken.by_order else {}
    turns_of = [shape.turns | (by_order if _is_list(shape) else {}) for shape in chosen]
    doubts = [doubt for shape in chosen for doubt in shape.doubts]
    return Reading(
        {**keys, "turns": turns_of, **_roles(spoken)}, (*doubts, *(spoken.doubts if named else ()))
    )


def _is_list(shape: Shape) -> bool:
    return bool(shape.speakers) and shape.turns["shape"] == "list"


def _chosen(records: Sequence[Record]) -> list[Shape]:
    """Shapes in the order in which they apply; each reads records that none before it does."""
    chosen: list[Shape] = []
    left = list(records)
    least = _WORTH_A_SHAPE * len(records)
    while left and len(chosen) < _MOST_SHAPES:
        shape = next((s for s in shapes(left, least) if len(s.covers) > least), None)
        if shape is None:
            break
        chosen.append(shape)
        left = [record for number, record in enumerate(left) if number not in shape.covers]
    return chosen


def _of_rows(keys: dict[str, Any], turns: RowTurns) -> Reading:
    order = {"order_by": turns.order_by} if turns.order_by else {}
    spoken = speakers(turns.speakers)
    shape = {
        "shape": "list",
        "at": ROWS_FIELD,
        "role": query(turns.speaker),
        "content": query(turns.content),
        **({"speakers": list(SIDES)} if spoken.by_order else {}),
        **({"keep": list(turns.kept)} if turns.kept else {}),
    }
    doubts = [*spoken.doubts]
    if not turns.order_by:
        doubts.append(f"rows of one `{turns.group_by}` are read in the order of the file")
    rows = {"group_by": turns.group_by, **order}
    return Reading({**keys, **rows, "turns": [shape], **_roles(spoken)}, tuple(doubts))


def _roles(spoken: Speakers) -> dict[str, Any]:
    return {"roles": spoken.roles} if spoken.roles else {}
