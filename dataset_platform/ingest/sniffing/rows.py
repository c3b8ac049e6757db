"""Rows that are turns: which column holds conversations together, and which orders them."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from dataset_platform.ingest.sniffing.fields import (
    Field,
    Record,
    content_field,
    fields,
    labels,
    speaker_field,
)
from dataset_platform.ingest.sniffing.words import (
    ABOUT_FIELDS,
    GROUP_FIELDS,
    ORDER_FIELDS,
    is_number,
    query,
    speaks_of,
    words,
)


class RowTurns(NamedTuple):
    """The columns of a table of turns, queries for labels to keep, and who speaks in each conversation."""

    group_by: str
    order_by: str | None
    speaker: str
    content: str
    kept: tuple[str, ...]
    speakers: tuple[tuple[str, ...], ...]


def row_turns(rows: Sequence[Record]) -> RowTurns | None:
    """How the rows make conversations; None when each row stands for itself."""
    rows = _as_texts(rows)
    group = _group_column(rows)
    if group is None:
        return None
    conversations = [list(run) for _, run in groupby(rows, key=lambda row: row.get(group))]
    speaker = speaker_field(rows)
    content = content_field(rows, but=speaker.name if speaker else None)
    if speaker is None or content is None or _is_same_throughout(conversations, content.name):
        return None
    order = _order_column(conversations, but={group, speaker.name, content.name})
    used = {group, speaker.name, content.name, order or ""}
    about_all = {name for name in rows[0] if _is_same_throughout(conversations, name)}
    return RowTurns(
        group_by=group,
        order_by=order,
        speaker=speaker.name,
        content=content.name,
        kept=tuple(query(*path) for path in labels(rows, but=used | about_all)),
        speakers=tuple(tuple(row.get(speaker.name, "") for row in rows) for rows in conversations),
    )


def _as_texts(rows: Sequence[Record]) -> list[Record]:
    """The rows as CSV would have them; what is no text or number is left out."""
    return [
        {name: str(value) for name, value in row.items() if isinstance(value, str | int | float)}
        for row in rows
        if isinstance(row, dict)
    ]


def _group_column(rows: Sequence[Record]) -> str | None:
    """A column that is called as a conversation is, and whose values come in runs."""
    named = [
        field for field in fields(rows) if field.is_in_most and _group_rank(field) > 0 and _has_runs(field)
    ]
    best = max(named, key=_group_rank, default=None)
    return best.name if best else None


def _group_rank(field: Field) -> int:
    parts = words(field.name)
    is_key = "id" in parts or len(parts) == 1
    return speaks_of(field.name, GROUP_FIELDS) * (1 + is_key) - 2 * speaks_of(
        field.name, ABOUT_FIELDS - {"id"}
    )


def _has_runs(field: Field) -> bool:
    runs = sum(1 for _ in groupby(field.texts))
    return len(field.texts) >= 1.5 * runs


def _is_same_throughout(conversations: Sequence[Sequence[Record]], name: str) -> bool:
    """Whether a column is about the conversation, so that no row says it."""
    return all(len({row.get(name) for row in rows}) == 1 for rows in conversations)


def _order_column(conversations: Sequence[Sequence[Record]], but: set[str]) -> str | None:
    rows = [row for conversation in conversations for row in conversation]
    named = [
        field.name
        for field in fields(rows)
        if field.is_in_most and field.name not in but and speaks_of(field.name, ORDER_FIELDS)
    ]
    return next((name for name in named if all(_rises(rows, name) for rows in conversations)), None)


def _rises(rows: Sequence[Record], name: str) -> bool:
    numbers = [row.get(name, "") for row in rows]
    if not all(isinstance(number, str) and is_number(number) for number in numbers):
        return False
    values = [int(number) for number in numbers]
    return values == sorted(values) and (len(values) == 1 or values[0] < values[-1])
