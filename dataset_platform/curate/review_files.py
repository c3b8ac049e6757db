"""Review files: `reviews/*.csv`, one row a conversation that somebody has looked at.

The header names conversation_id, decision, reviewer and note, in any order, and date where it is known. Notes
stay in the file: they may quote what was read. No message repeats what a cell holds, for the same reason.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from dataset_platform.curate.reviews import Decision, Review, Reviews
from dataset_platform.errors import InputError, refusal

COLUMNS = ("conversation_id", "decision", "reviewer", "note")
DATED = (*COLUMNS, "date")
MISTAKES_SHOWN = 20
_ID = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[^\x00-\x1f]{1,100}")


def read_reviews(folder: Path) -> Reviews:
    """All decisions in the folder's CSV files; none where there is no folder.

    Raises InputError with one line for each mistake: file, line and column.
    """
    return reviews_in(file_contents(folder), folder.name)


def file_contents(folder: Path) -> dict[str, bytes]:
    """The folder's CSV files by name; raises InputError for one that cannot be read."""
    try:
        return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}
    except OSError as error:
        raise InputError(refusal(error, folder)) from None


def reviews_in(contents: Mapping[str, bytes], folder: str) -> Reviews:
    """All decisions in files of these names and contents; raises as `read_reviews` does."""
    reviews: list[Review] = []
    mistakes: list[str] = []
    for name in sorted(contents):
        for found in _rows(name, contents[name]):
            if isinstance(found, Review):
                reviews.append(found)
            else:
                mistakes.append(f"{folder}/{found}")
    mistakes += [f"{folder}/{mistake}" for mistake in _changed_minds(reviews)]
    if mistakes:
        more = len(mistakes) - MISTAKES_SHOWN
        raise InputError(
            "\n".join(mistakes[:MISTAKES_SHOWN] + ([f"and {more} more mistakes"] if more > 0 else []))
        )
    return Reviews(
        tuple(reviews), {name: hashlib.sha256(contents[name]).hexdigest() for name in sorted(contents)}
    )


def review_file(rows: Iterable[Mapping[str, str]]) -> bytes:
    """A review file of these rows, each with a cell for every column of `DATED`."""
    out = io.StringIO()
    writer = csv.DictWriter(out, DATED, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _rows(file: str, content: bytes) -> Iterator[Review | str]:
    """The reviews of one file, and a phrase for each mistake in it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        yield f"{file}, line {line}: not UTF-8; save the file as CSV UTF-8"
        return
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = tuple(name.strip() for name in next(rows, []))
        if sorted(header) not in (sorted(COLUMNS), sorted(DATED)):
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
        day = date.fromisoformat(cells["date"]) if cells.get("date") else None
        yield Review(
            cells["conversation_id"], Decision(cells["decision"]), cells["reviewer"], file, line, day
        )


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
