"""The review queue in the layout of Argilla 2: `rg.Dataset.from_disk(folder)` makes it a dataset.

Answers come back as Argilla writes them: `records.json` of `to_disk`, whose responses stand below each
record without saying which are drafts, or the flat rows of `records.to_list(flatten=True)` and
`to_datasets()`, with `decision.responses` and its `.users` and `.status` side by side.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from dataset_platform.quality.review.decisions import Answer, broken, day, json_rows

GUIDELINES = (
    "Read the conversation and say whether a model should learn from it. *Keep* resolves its flags; *drop* "
    "takes it out of every release. Private data is masked. Say in the note what decided, without quoting."
)
DECISION, NOTE = "decision", "note"
SUBMITTED = "submitted"
_MISSING = {"id": None, "inserted_at": None, "updated_at": None, "dataset_id": None}
_SCORES = ("crisis_probability", "toxicity", "crisis_handling", "appropriateness", "coherence")


def files(entries: Iterable[Mapping[str, Any]], version: str, overlap: int) -> dict[str, bytes]:
    """Content by name: the dataset, its settings, and a record a conversation; `overlap` answers each."""
    dataset = {
        "name": f"review_v{version}".replace(".", "_"),
        "status": "draft",
        "guidelines": GUIDELINES,
        "allow_extra_metadata": False,
    }
    return {
        ".argilla/dataset.json": _json(dataset),
        ".argilla/settings.json": _json(_settings(overlap)),
        "records.json": _json([_record(entry) for entry in entries]),
    }


def answers(content: bytes, name: str) -> tuple[list[Answer], int]:
    """The submitted answers, and how many records have none. Users are named by their Argilla id."""
    records = json_rows(content, name)
    if not all("id" in record for record in records):
        raise broken(name, "not Argilla's records, which have ids")
    found, unanswered = [], 0
    for record in records:
        given = list(_nested(record) if "responses" in record else _flat(record))
        unanswered += not given
        found += given
    return found, unanswered


def _nested(record: Mapping[str, Any]) -> Iterator[Answer]:
    """Of `{"responses": {"decision": [{"value", "user_id"}, …]}}`; what has no status counts as submitted."""
    responses = record["responses"] or {}
    notes = {given.get("user_id"): given.get("value") for given in responses.get(NOTE) or []}
    for given in responses.get(DECISION) or []:
        if given.get("value") and given.get("status", SUBMITTED) == SUBMITTED:
            yield _answer(record, given["value"], given.get("user_id"), notes)


def _flat(record: Mapping[str, Any]) -> Iterator[Answer]:
    def column(question: str, part: str) -> list[Any]:
        return record.get(f"{question}.responses{part}") or []

    notes = dict(zip(column(NOTE, ".users"), column(NOTE, ""), strict=False))
    values, users = column(DECISION, ""), column(DECISION, ".users")
    status = column(DECISION, ".status") or [SUBMITTED] * len(values)
    for value, user, state in zip(values, users, status, strict=False):
        if value and state == SUBMITTED:
            yield _answer(record, value, user, notes)


def _answer(record: Mapping[str, Any], value: Any, user: Any, notes: Mapping[Any, Any]) -> Answer:
    return Answer(
        str(record.get("id")),
        str(value),
        str(user or ""),
        str(notes.get(user) or ""),
        day(record.get("updated_at")),
    )


def _record(entry: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: entry[name] for name in _SCORES if entry[name] is not None}
    return {
        "id": entry["conversation_id"],
        "fields": {
            "conversation": [dict(message) for message in entry["messages"]],
            "why": "; ".join([*entry["reasons"], *entry["findings"]]),
        },
        "metadata": {
            "rank": entry["rank"],
            "source": entry["source"],
            "stage": entry["stage"],
            "reasons": entry["reasons"],
            "crisis_severity": entry["crisis_severity"],
            **known,
        },
        "suggestions": {},
        "responses": {},
        "vectors": {},
        "status": "pending",
        "_server_id": None,
    }


def _settings(overlap: int) -> dict[str, Any]:
    return {
        "guidelines": GUIDELINES,
        "fields": [_field("conversation", "chat"), _field("why", "text")],
        "questions": [
            _question(
                DECISION,
                {
                    "type": "label_selection",
                    "options": [{"text": "Keep", "value": "keep"}, {"text": "Drop", "value": "drop"}],
                    "visible_options": None,
                },
                required=True,
            ),
            _question(NOTE, {"type": "text", "use_markdown": False}, required=False),
        ],
        "vectors": [],
        "metadata": [
            _metadata("rank", "integer"),
            _metadata("source", "terms"),
            _metadata("stage", "terms"),
            _metadata("reasons", "terms"),
            _metadata("crisis_severity", "integer"),
            *(_metadata(name, "float") for name in _SCORES),
        ],
        "allow_extra_metadata": False,
        "distribution": {"strategy": "overlap", "min_submitted": overlap},
        "mapping": None,
    }


def _field(name: str, kind: str) -> dict[str, Any]:
    """A field; Markdown is off, since what clients write is not ours to render."""
    settings = {"type": kind, "use_markdown": False}
    return _MISSING | {
        "name": name, "title": name.capitalize(), "settings": settings, "required": True,
        "description": None, "type": kind,
    }  # fmt: skip


def _question(name: str, settings: Mapping[str, Any], required: bool) -> dict[str, Any]:
    return _MISSING | {
        "name": name, "title": name.capitalize(), "settings": settings, "required": required,
        "description": None, "type": settings["type"],
    }  # fmt: skip


def _metadata(name: str, kind: str) -> dict[str, Any]:
    limits = {"values": None} if kind == "terms" else {"min": None, "max": None}
    return _MISSING | {
        "name": name, "title": name.replace("_", " ").capitalize(),
        "settings": {"visible_for_annotators": True, "type": kind, **limits},
        "visible_for_annotators": True,
    }  # fmt: skip


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"
