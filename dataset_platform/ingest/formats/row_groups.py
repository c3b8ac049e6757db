"""Rows that belong to one conversation, put together."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dataset_platform.ingest.formats.json_values import canonical
from dataset_platform.ingest.rejection import PAYLOAD_BYTES, Piece, Rejection, kind
from dataset_platform.schemas import QuarantineReason

ROWS_FIELD = "rows"
Row = dict[str, Any]
Key = str | int | float | None
Speech = Callable[[Row], object]

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")


class Rows(Iterable[Piece]):
    """The rows of a file, read anew each time that they are asked for."""

    def __init__(self, cut: Callable[[], Iterator[Piece]], group_by: str, order_by: str | None) -> None:
        """`cut` gives what the file holds; what is no row, or lacks what makes it one, is rejected."""
        self.group_by, self.order_by = group_by, order_by
        self._cut = cut

    def __iter__(self) -> Iterator[Piece]:
        for piece in self._cut():
            defect = self._defect(piece.content)
            yield piece if defect is None else piece._replace(content=defect)

    def key(self, row: Piece) -> Key:
        """What the row agrees in with the other rows of its conversation; None where it has nothing there."""
        return row.content.get(self.group_by)

    def _defect(self, row: object) -> Rejection | None:
        if isinstance(row, Rejection):
            return row
        if not isinstance(row, dict):
            return Rejection(QuarantineReason.WRONG_TYPE, f"is {kind(row)}, not an object")
        if ROWS_FIELD in row:
            detail = f"has a field `{ROWS_FIELD}`, which is where the rows of a conversation go"
            return Rejection(QuarantineReason.WRONG_TYPE, detail)
        for name in (self.group_by, self.order_by):
            value = row.get(name) if name is not None else None
            if isinstance(value, bool | dict | list):
                detail = f"`{name}` is {kind(value)}, not a string or a number"
                return Rejection(QuarantineReason.WRONG_TYPE, detail)
        if self.order_by is not None and row.get(self.order_by) is None:
            return Rejection(QuarantineReason.MISSING_FIELD, f"`{self.order_by}` is missing or null")
        return None

    def scattered_keys(self) -> frozenset[Key]:
        """Groups whose rows other groups interrupt; memory grows with the number of groups only."""
        seen: set[Key] = set()
        scattered: set[Key] = set()
        current: Key = None
        for row in self:
            if isinstance(row.content, Rejection) or self.key(row) == current:
                continue
            current = self.key(row)
            (scattered if current in seen else seen).add(current)
        return frozenset(scattered)


def one_row(value: object) -> object:
    """The record that a row is by itself; what is no row, as it is."""
    return {**value, ROWS_FIELD: [value]} if isinstance(value, dict) else value


def grouped(rows: Rows, speech: Speech, max_bytes: int) -> Iterator[Piece]:
    """One piece a run of rows that agree in `rows.group_by`; reads the rows twice.

    Its content has the fields that all rows agree on and, under `rows`, the
    rows in order, one for each order key; `speech` tells whether two rows with
    one order key say the same. A conversation that lacks a turn must not pass
    for a whole one, so a row that could not be read rejects the group it stands
    in, and at the border of two groups both. Groups in several places of the
    file are rejected.
    """
    scattered = rows.scattered_keys()
    group = _Group(rows, max_bytes)
    for row in rows:
        if group.ends_before(row):
            yield group.piece(speech, scattered)
            group = _Group(rows, max_bytes, group.doubt_for_next())
        group.add(row)
    if group.size:
        yield group.piece(speech, scattered)


class _Group:
    """Rows of one key as they come, bounded in bytes."""

    def __init__(self, source: Rows, max_bytes: int, doubt: Rejection | None = None) -> None:
        self.size = 0
        self._source = source
        self._max_bytes = max_bytes
        self._key: Key = None
        self._offset: int | None = None
        self._head = b""
        self._rows: list[Row] = []
        self._damage = doubt
        self._has_key = self._last_row_is_damaged = False

    def ends_before(self, row: Piece) -> bool:
        is_readable = not isinstance(row.content, Rejection)
        return self.size > 0 and is_readable and not (self._has_key and self._source.key(row) == self._key)

    def doubt_for_next(self) -> Rejection | None:
        if self._damage is None or not self._last_row_is_damaged:
            return None
        return Rejection(self._damage.reason, "begins after a row that could not be read and may lack it")

    def add(self, row: Piece) -> None:
        if not self.size:
            self._offset = row.offset
        self._head = (self._head + row.raw)[:PAYLOAD_BYTES]
        self.size += max(1, len(row.raw))
        self._last_row_is_damaged = isinstance(row.content, Rejection)
        if self._last_row_is_damaged:
            place = "" if row.offset is None else f" at byte {row.offset}"
            detail = f"has an unreadable row{place}: {row.content.detail}"
            self._damage = self._damage or Rejection(row.content.reason, detail)
            return
        self._key, self._has_key = self._source.key(row), True
        if self.size <= self._max_bytes:
            self._rows.append(row.content)

    def piece(self, speech: Speech, scattered: frozenset[Key]) -> Piece:
        try:
            self._refuse_defects(scattered)
            content: object = _record(self._rows, self._source.order_by, speech)
        except Rejection as rejection:
            content = rejection
        return Piece(self._offset, self._head, content)

    def _refuse_defects(self, scattered: frozenset[Key]) -> None:
        if self._damage is not None:
            raise self._damage
        if self._key in (None, ""):
            detail = f"has no value in `{self._source.group_by}`, which groups rows"
            raise Rejection(QuarantineReason.MISSING_FIELD, detail)
        if self._key in scattered:
            detail = f"has rows in several places of the file: sort the file by `{self._source.group_by}`"
            raise Rejection(QuarantineReason.WRONG_TYPE, detail)
        if self.size > self._max_bytes:
            detail = f"has rows of more than {self._max_bytes:,} bytes in all"
            raise Rejection(QuarantineReason.TOO_LARGE, detail)


def _record(rows: list[Row], order_by: str | None, speech: Speech) -> dict[str, Any]:
    first = rows[0]
    shared = {name: value for name, value in first.items() if all(_agrees(row, name, value) for row in rows)}
    turns = rows if order_by is None else _in_order(rows, order_by, speech)
    return {**shared, ROWS_FIELD: turns}


def _agrees(row: Row, name: str, value: object) -> bool:
    if name not in row or row[name] != value:
        return False
    # To Python, `true` and 1 are equal.
    return isinstance(value, str) or canonical(row[name]) == canonical(value)


def _in_order(rows: list[Row], order_by: str, speech: Speech) -> list[Row]:
    first_rows: dict[Any, Row] = {}
    for row in rows:
        first = first_rows.setdefault(row[order_by], row)
        if first is not row and speech(first) != speech(row):
            detail = f"says two different things under one value of `{order_by}`"
            raise Rejection(QuarantineReason.WRONG_TYPE, detail)
    are_texts = {isinstance(key, str) for key in first_rows}
    if are_texts == {True, False}:
        raise Rejection(QuarantineReason.WRONG_TYPE, f"has strings and numbers under `{order_by}`")
    whole_numbers = are_texts == {True} and all(_WHOLE_NUMBER.fullmatch(key) for key in first_rows)
    return [first_rows[key] for key in sorted(first_rows, key=int if whole_numbers else None)]
