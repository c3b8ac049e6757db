"""The review queue as tasks of Label Studio, and the decisions in its JSON export."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from dataset_platform.quality.review.decisions import Answer, broken, day, json_rows, latest

CONFIG = """<View>
  <Header value="$why" size="5"/>
  <Paragraphs name="conversation" value="$conversation" layout="dialogue" nameKey="role" textKey="content"/>
  <Choices name="decision" toName="conversation" choice="single" required="true" showInline="true">
    <Choice value="keep" hint="its flags are resolved"/>
    <Choice value="drop" hint="it leaves every release"/>
  </Choices>
  <TextArea name="note" toName="conversation" rows="2" editable="true" maxSubmissions="1"
            placeholder="What decided, without quoting"/>
</View>
"""
DECISION, NOTE = "decision", "note"
"""Names of the two controls in the config, by which answers are found again."""


def files(entries: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    """Content by name: the labeling config, and `tasks-00001.json`, … of 200 tasks each."""
    tasks = [_task(entry) for entry in entries]
    shards = {
        f"tasks-{number:05}.json": orjson.dumps(tasks[start : start + 200], option=orjson.OPT_INDENT_2)
        + b"\n"
        for number, start in enumerate(range(0, len(tasks), 200), start=1)
    }
    return {"labeling_config.xml": CONFIG.encode(), **shards}


def answers(content: bytes, name: str) -> tuple[list[Answer], int]:
    """The decisions in an export as JSON, and how many tasks have none; of several by one person the latest.

    Reviewers are named by their e-mail address where the export has it, else by their number.
    """
    tasks = json_rows(content, name)
    if not all(isinstance(task.get("data"), dict) for task in tasks):
        raise broken(name, "not Label Studio's JSON export (JSON-MIN is another)")
    found: list[tuple[str, Answer]] = []
    undecided = 0
    for task in tasks:
        given = list(_answers(task))
        undecided += not given
        found += given
    return latest(found), undecided


def _answers(task: Mapping[str, Any]) -> Iterator[tuple[str, Answer]]:
    """Time and answer of each annotation that was neither skipped nor left without a choice."""
    for annotation in task.get("annotations") or []:
        said = {part.get("from_name"): part.get("value") or {} for part in annotation.get("result") or []}
        choices = said.get(DECISION, {}).get("choices") or []
        if annotation.get("was_cancelled") or not choices:
            continue
        time = str(annotation.get("updated_at") or annotation.get("created_at") or "")
        note = " ".join(said.get(NOTE, {}).get("text") or [])
        yield (
            time,
            Answer(
                str(task["data"].get("conversation_id")),
                str(choices[0]),
                _person(annotation.get("completed_by")),
                note,
                day(time),
            ),
        )


def _person(completed_by: Any) -> str:
    if isinstance(completed_by, dict):
        return str(completed_by.get("email") or completed_by.get("id") or "")
    return "" if completed_by is None else str(completed_by)


def _task(entry: Mapping[str, Any]) -> dict[str, Any]:
    scores = {name: value for name, value in entry.items() if name not in ("messages", "findings", "reasons")}
    return {
        "data": {
            **scores,
            "why": "; ".join([*entry["reasons"], *entry["findings"]]),
            "conversation": [dict(message) for message in entry["messages"]],
        }
    }
