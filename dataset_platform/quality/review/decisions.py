"""What comes back from wherever people reviewed, in one form."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from dataset_platform.errors import InputError

DECIDED = ("conversation_id", "decision")


@dataclass(frozen=True)
class Answer:
    """One reviewer's answer as it came; nothing of it is checked yet, and only ids may stand in messages."""

    conversation_id: str
    decision: str
    reviewer: str
    note: str = ""
    date: str = ""


def named(answers: Iterable[Answer], names: Mapping[str, str]) -> list[Answer]:
    """The answers with the reviewers' names in place of the ids by which the tool knows them."""
    return [replace(answer, reviewer=names.get(answer.reviewer, answer.reviewer)) for answer in answers]


def latest(answers: Iterable[tuple[str, Answer]]) -> list[Answer]:
    """Of each reviewer's answers on a conversation the latest; each comes with the time it was given, ISO."""
    found: dict[tuple[str, str], tuple[str, Answer]] = {}
    for time, answer in answers:
        key = (answer.conversation_id, answer.reviewer)
        if key not in found or time >= found[key][0]:
            found[key] = (time, answer)
    return [answer for _, answer in found.values()]


def day(time: object) -> str:
    """The day of an ISO time, empty where there is none or it cannot be read."""
    try:
        return datetime.fromisoformat(str(time)).date().isoformat()
    except ValueError:
        return ""


def json_rows(content: bytes, name: str) -> list[dict[str, Any]]:
    """The objects of a JSON array, or of JSON lines; raises InputError."""
    try:
        rows = orjson.loads(content)
    except orjson.JSONDecodeError:
        try:
            rows = [orjson.loads(line) for line in content.splitlines() if line.strip()]
        except orjson.JSONDecodeError:
            raise broken(name, "no JSON") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise broken(name, "no list of objects")
    return rows


def broken(name: str, what: str) -> InputError:
    """An export that is not what its format says."""
    return InputError(f"{name}: {what}; export it again from where it was reviewed, or name another --format")
