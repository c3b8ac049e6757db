"""Decisions of reviewers: `reviews/*.csv`, one row a conversation that somebody has looked at.

The header is `conversation_id,decision,reviewer,note` or ends with `,date`. Notes stay in the file: they may
quote what was read. No message repeats what a cell holds, for the same reason.
"""

import csv
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from dataset_platform.errors import InputError, refusal

COLUMNS = ("conversation_id", "decision", "reviewer", "note")
DATED = (*COLUMNS, "date")
MISTAKES_SHOWN = 20
_ID = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[^\x00-\x1f]{1,100}")


class Decision(StrEnum):
    """What a reviewer decides: `keep` resolves the flags of a row, `drop` takes it out of every release."""

    KEEP = "keep"
    DROP = "drop"


class Outcome(StrEnum):
    """What all reviewers of a conversation say together."""

    KEEP = "keep"
    DROP = "drop"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Review:
    """One reviewer's decision on one conversation, and the file and line where it stands."""

    conversation_id: str
    decision: Decision
    reviewer: str
    file: str
    line: int


@dataclass(frozen=True)
class Settled:
    """What was decided on a conversation, and by whom; nobody where reviewers disagree."""

    conversation_id: str
    outcome: Outcome
    reviewed_by: str | None


_TABLE = pa.schema(
    [
        pa.field("conversation_id", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("reviewed_by", pa.string()),
    ]
)


@dataclass(frozen=True)
class Reviews:
    """All decisions in a folder; `sha256s` holds the digest of each file by its name."""

    reviews: tuple[Review, ...] = ()
    sha256s: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def settled(self) -> tuple[Settled, ...]:
        """One line a conversation, in order of ids, whatever the order of rows and files."""
        by_id: dict[str, list[Review]] = {}
        for review in self.reviews:
            by_id.setdefault(review.conversation_id, []).append(review)
        return tuple(_settle(id_, by_id[id_]) for id_ in sorted(by_id))

    @property
    def ids(self) -> list[str]:
        return [settled.conversation_id for settled in self.settled]

    @property
    def conflicts(self) -> list[str]:
        """Ids of the conversations on which reviewers disagree."""
        return [settled.conversation_id for settled in self.settled if settled.outcome is Outcome.CONFLICT]

    def on(self, ids: Collection[str]) -> "Reviews":
        """The decisions on these conversations, and the files that they stand in."""
        reviews = tuple(review for review in self.reviews if review.conversation_id in ids)
        files = {review.file for review in reviews}
        return Reviews(reviews, {name: digest for name, digest in self.sha256s.items() if name in files})

    @property
    def digest(self) -> str:
        """SHA-256 of what is decided: not of notes, dates, files or order."""
        lines = (f"{s.conversation_id},{s.outcome},{s.reviewed_by or ''}\n" for s in self.settled)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def table(self) -> pa.Table:
        """conversation_id, outcome and reviewed_by of every decided conversation."""
        return pa.Table.from_pylist([vars(settled) for settled in self.settled], schema=_TABLE)


def read_reviews(folder: Path) -> Reviews:
    """All decisions in the folder's CSV files; none where there is no folder.

    Raises InputError with one line for each mistake: file, line and column.
    """
    reviews: list[Review] = []
    mistakes: list[str] = []
    sha256s: dict[str, str] = {}
    for path in sorted(folder.glob("*.csv")):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(refusal(error, path)) from None
        sha256s[path.name] = hashlib.sha256(content).hexdigest()
        for found in _rows(path.name, content):
            if isinstance(found, Review):
                reviews.append(found)
            else:
                mistakes.append(f"{folder.name}/{found}")
    mistakes += [f"{folder.name}/{mistake}" for mistake in _changed_minds(reviews)]
    if mistakes:
        more = len(mistakes) - MISTAKES_SHOWN
        raise InputError(
            "\n".join(mistakes[:MISTAKES_SHOWN] + ([f"and {more} more mistakes"] if more > 0 else []))
        )
    return Reviews(tuple(reviews), sha256s)


def _rows(file: str, content: bytes) -> Iterator[Review | str]:
    """The reviews of one file, and a phrase for each mistake in it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        yield f"{file}, line {line}: not UTF-8; save the file as CSV UTF-8"
        return
    rows = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = tuple(name.strip() for name in next(rows, []))
        if header not in (COLUMNS, DATED):
            yield f"{file}, line 1: the header must be {','.join(COLUMNS)}, with or without ,date at the end"
            return
        line = rows.line_num + 1
        for row in rows:
            yield from _row(file, line, header, row)
            line = rows.line_num + 1
    except csv.Error as error:
        yield f"{file}, line {rows.line_num}: {error}; see that every quote is closed"


def _row(file: str, line: int, header: tuple[str, ...], row: list[str]) -> Iterator[Review | str]:
    if not any(cell.strip() for cell in row):
        return
    if len(row) != len(header):
        yield (
            f"{file}, line {line}: {len(row)} cells, expected {len(header)}; put notes that hold a comma in"
            f" quotes"
        )
        return
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
    mistakes = [f"{file}, line {line}, column {column}: {what}" for column, what in _wrong_cells(cells)]
    if mistakes:
        yield from mistakes
    else:
        yield Review(cells["conversation_id"], Decision(cells["decision"]), cells["reviewer"], file, line)


def _wrong_cells(cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not _ID.fullmatch(cells["conversation_id"]):
        yield "conversation_id", "not the 64 hex digits of a conversation; copy them from `reviews list`"
    if cells["decision"] not in tuple(Decision):
        yield "decision", f"neither {' nor '.join(Decision)}"
    if not _NAME.fullmatch(cells["reviewer"]):
        yield "reviewer", "empty, longer than 100 characters or with control characters; name who decided"
    if cells.get("date") and not _is_date(cells["date"]):
        yield "date", "not a date like 2026-01-31"


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _changed_minds(reviews: Iterable[Review]) -> Iterator[str]:
    """One reviewer with two decisions on a conversation: no one knows which is meant."""
    first: dict[tuple[str, str], Review] = {}
    for review in reviews:
        before = first.setdefault((review.conversation_id, review.reviewer), review)
        if before.decision is not review.decision:
            yield (
                f"{review.file}, line {review.line}, column decision: the same reviewer says otherwise in "
                f"{before.file}, line {before.line}; delete one of the two"
            )


def _settle(id_: str, reviews: list[Review]) -> Settled:
    decisions = {review.decision for review in reviews}
    if len(decisions) > 1:
        return Settled(id_, Outcome.CONFLICT, None)
    return Settled(id_, Outcome(decisions.pop()), ", ".join(sorted({review.reviewer for review in reviews})))
