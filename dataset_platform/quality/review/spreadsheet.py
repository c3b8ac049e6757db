"""The review queue as CSV, to be filled in a spreadsheet: a decision, a reviewer and a note for each row."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from dataset_platform.errors import InputError
from dataset_platform.quality.review.decisions import DECIDED, Answer

TO_FILL = ("decision", "reviewer", "note", "date")


def as_csv(entries: Iterable[dict[str, Any]], columns: Iterable[str]) -> bytes:
    """Rows of the queue with empty cells for the answer; lists and turns are one cell each.

    With a byte order mark, by which spreadsheets know UTF-8. No cell starts as a formula does.
    """
    out = io.StringIO()
    names = [*(name for name in columns if name != "messages"), *TO_FILL, "conversation"]
    writer = csv.DictWriter(out, names, lineterminator="\n", restval="")
    writer.writeheader()
    for entry in entries:
        cells = {name: _cell(value) for name, value in entry.items() if name != "messages"}
        writer.writerow({**cells, "conversation": as_text(entry["messages"])})
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_text(messages: Iterable[dict[str, str]]) -> str:
    """Turns as paragraphs that begin with who speaks."""
    return "\n\n".join(f"{message['role']}: {message['content']}" for message in messages)


def answers(content: bytes, name: str) -> tuple[list[Answer], int]:
    """The filled rows, and how many have no decision yet. Other columns are not looked at."""
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        missing = {*DECIDED, "reviewer"} - {*(rows.fieldnames or ())}
        if missing:
            raise InputError(f"{name}, line 1: no column {', '.join(sorted(missing))}; export the queue anew")
        filled = [row for row in rows if any(row.values())]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{name}: no CSV in UTF-8 ({type(error).__name__}); save it as CSV UTF-8") from None
    decided = [row for row in filled if (row["decision"] or "").strip()]
    found = [
        Answer(*(str(row.get(column) or "").strip() for column in (*DECIDED, "reviewer", "note", "date")))
        for row in decided
    ]
    return found, len(filled) - len(decided)


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(value)
    return "" if value is None else value
