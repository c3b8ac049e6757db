"""Rows that belong to one conversation, put together."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dataset_platform.ingest.rejection import PAYLOAD_BYTES, Piece, Rejection
from dataset_platform.schemas import QuarantineReason

ROWS_FIELD = "rows"
Row = dict[str, str]
Speech = Callable[[Row], object]

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")


def scattered_keys(rows: Iterable[Piece], group_by: str) -> frozenset[str]:
    """Groups whose rows other groups interrupt; memory grows with the number of groups only."""
    seen: set[str] = set()
    scattered: set[str] = set()
    current: str | None = None
    for row in rows:
        if isinstance(row.content, Rejection) or row.content[group_by] == current:
            continue
        current = row.content[group_by]
        (scattered if current in seen else seen).add(current)
    return frozenset(scattered)


def grouped(
    rows: Iterable[Piece],
    group_by: str,
    order_by: str | None,
    speech: Speech,
    scattered: frozenset[str],
    max_bytes: int,
) -> Iterator[Piece]:
    """One piece a run of rows that agree in `group_by`.

    Its content has the columns that all rows agree on and, under `rows`, the
    rows in order, one for each order key; `speech` tells whether two rows with
    one order key say the same. A conversation that lacks a turn must not pass
    for a whole one, so a row that could not be read rejects the group it stands
    in, and at the border of two groups both. Groups in `scattered` are rejected.
    """
    group = _Group(max_bytes)
    for row in rows:
        if group.ends_before(row, group_by):
            yield group.piece(order_by, speech, scattered)
            group = _Group(max_bytes, group.doubt_for_next())
        group.add(row, group_by)
    if group.size:
        yield group.piece(order_by, speech, scattered)


class _Group:
    """Rows of one key as they come, bounded in bytes."""

    def __init__(self, max_bytes: int, doubt: Rejection | None = None) -> None:
        self.size = 0
        self._max_bytes = max_bytes
        self._key: str | None = None
        self._offset: int | None = None
        self._head = b""
        self._rows: list[Row] = []
        self._damage = doubt
        self._last_row_is_damaged = False

    def ends_before(self, row: Piece, group_by: str) -> bool:
        is_readable = not isinstance(row.content, Rejection)
        return self.size > 0 and is_readable and row.content[group_by] != self._key

    def doubt_for_next(self) -> Rejection | None:
        if self._damage is None or not self._last_row_is_damaged:
            return None
        return Rejection(self._damage.reason, "begins after a row that could not be read and may lack it")

    def add(self, row: Piece, group_by: str) -> None:
        if not self.size:
            self._offset = row.offset
        self._head = (self._head + row.raw)[:PAYLOAD_BYTES]
        self.size += len(row.raw)
        self._last_row_is_damaged = isinstance(row.content, Rejection)
        if self._last_row_is_damaged:
            detail = f"has an unreadable row at byte {row.offset}: {row.content.detail}"
            self._damage = self._damage or Rejection(row.content.reason, detail)
            return
        self._key = row.content[group_by]
        if self.size <= self._max_bytes:
            self._rows.append(row.content)

    def piece(self, order_by: str | None, speech: Speech, scattered: frozenset[str]) -> Piece:
        try:
            self._refuse_defects(scattered)
            content: object = _record(self._rows, order_by, speech)
        except Rejection as rejection:
            content = rejection
        return Piece(self._offset, self._head, content)

    def _refuse_defects(self, scattered: frozenset[str]) -> None:
        if self._damage is not None:
            raise self._damage
        if not self._key:
            raise Rejection(QuarantineReason.MISSING_FIELD, "has no value in the column that groups rows")
        if self._key in scattered:
            detail = "has rows in several places of the file: sort the file by the column that groups rows"
            raise Rejection(QuarantineReason.WRONG_TYPE, detail)
        if self.size > self._max_bytes:
            detail = f"has rows of more than {self._max_bytes:,} bytes in all"
            raise Rejection(QuarantineReason.TOO_LARGE, detail)


def _record(rows: list[Row], order_by: str | None, speech: Speech) -> dict[str, Any]:
    first = rows[0]
    shared = {column: value for column, value in first.items() if all(row[column] == value for row in rows)}
    turns = rows if order_by is None else _in_order(rows, order_by, speech)
    return {**shared, ROWS_FIELD: turns}


def _in_order(rows: list[Row], order_by: str, speech: Speech) -> list[Row]:
    first_rows: dict[str, Row] = {}
    for row in rows:
        first = first_rows.setdefault(row[order_by], row)
        if first is not row and speech(first) != speech(row):
            detail = f"says two different things under one value of `{order_by}`"
            raise Rejection(QuarantineReason.WRONG_TYPE, detail)
    if all(_WHOLE_NUMBER.fullmatch(key) for key in first_rows):
        return [first_rows[key] for key in sorted(first_rows, key=int)]
    return [first_rows[key] for key in sorted(first_rows)]
