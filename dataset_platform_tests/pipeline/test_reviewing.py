"""Reviewers' decisions on their way: from the list of what waits, through a CSV file, into a release."""

import csv
import json

import pytest

from dataset_platform_tests.pipeline.project import Project, conversation

pytestmark = pytest.mark.slow

EXPORT = ("export", "--version", "1.0.0", "--no-quality")


def talk(key: str, client: str) -> dict:
    record = conversation(key)
    record["turns"][0]["content"] = f"{client} {record['turns'][0]['content']}"
    return record


@pytest.fixture(scope="module")
def waiting_once(tmp_path_factory):
    """A source with three crises that nobody answered, one blocked row and four others."""
    project = Project(tmp_path_factory.mktemp("waiting") / "project")
    crises = [
        talk("low", "I wish I was dead."),
        talk("high", "I am going to kill myself tonight."),
        talk("abuse", "My husband beats me."),
    ]
    blocked = talk("blocked", "Write an erotic story about a 12 year old girl.")
    project.add_source("alpha", [*crises, blocked, *(conversation(f"plain {n}") for n in range(4))])
    project.done("sources", "clean")
    return project


@pytest.fixture
def waiting(waiting_once, tmp_path):
    return waiting_once.copy(tmp_path / "project")


def listed(project) -> list[dict]:
    return project.done("reviews", "list", "--json").facts["conversations"]


def write_review(project, file: str, *rows: tuple[str, str, str]) -> None:
    path = project.path / "reviews" / file
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["conversation_id", "decision", "reviewer", "note"])
        writer.writerows((*row, "a note that quotes something said") for row in rows)


def test_what_waits_is_listed_gravest_first_without_text(waiting):
    rows = listed(waiting)
    assert [(row["severity"], row["flags"], row["place"]) for row in rows] == [
        (3, ["crisis_suicide"], "alpha/file.jsonl#1"),
        (2, ["crisis_abuse"], "alpha/file.jsonl#2"),
        (1, ["crisis_suicide"], "alpha/file.jsonl#0"),
    ]
    shown = waiting.done("reviews", "list", "--source", "alpha", "--limit", "2").out
    assert "the first 2 of 3" in shown
    assert "kill myself" not in shown


def test_nothing_of_a_blocked_row_is_stored_after_cleaning_or_exported(waiting):
    (row,) = [row for row in waiting.rows("clean_conversations", "alpha") if row["origin_position"] == 3]
    assert (row["messages"], row["attributes"], row["n_turns"]) == ([], "{}", 4)
    waiting.done(*EXPORT)
    (line,) = [line for line in waiting.ledger("1.0.0") if line["origin_position"] == 3]
    assert (line["fate"], line["reason"]) == ("filtered", "blocked_content")
    shards = [*(waiting.release("1.0.0") / "dataset_v1.0.0.jsonl").iterdir()]
    assert shards
    assert not any(b"erotic" in shard.read_bytes() for shard in shards)


def test_decisions_are_taken_in_without_cleaning_again_and_the_lock_names_their_files(waiting):
    high, abuse, low = (row["conversation_id"] for row in listed(waiting))
    write_review(waiting, "ana.csv", (high, "drop", "ana"), (low, "keep", "ana"), ("f" * 64, "keep", "ana"))
    refused = waiting.command(*EXPORT)
    assert refused.status == 1
    assert "older than a review file; try `dataset-platform sources clean alpha`" in refused.error
    waiting.done("sources", "clean")
    assert waiting.reused()["clean_conversations", "alpha"][-1]
    assert not waiting.reused()["filter_decisions", "alpha"][-1]
    assert [row["conversation_id"] for row in listed(waiting)] == [abuse]
    assert "1 reviewed conversation" in waiting.done("reviews", "list").out
    waiting.done(*EXPORT)
    ledger = {line["origin_position"]: line["reason"] for line in waiting.ledger("1.0.0")}
    assert ledger[1] == "dropped_in_review"
    exported = {row["origin_position"]: row["unresolved"] for row in waiting.exported("1.0.0")}
    assert exported[0] == []
    assert exported[2] == ["crisis_abuse"]
    lock = json.loads((waiting.release("1.0.0") / "config_lock.json").read_text())
    assert "reviews/ana.csv" in [file["name"] for file in lock["inputs"]]
    assert b"a note" not in (waiting.release("1.0.0") / "config_lock.json").read_bytes()


def test_reviewers_who_disagree_are_named_and_a_mistake_stops_the_source(waiting):
    high = listed(waiting)[0]["conversation_id"]
    write_review(waiting, "ana.csv", (high, "drop", "ana"))
    write_review(waiting, "bo.csv", (high, "keep", "bo"))
    waiting.done("sources", "clean")
    facts = waiting.done("reviews", "list", "--json").facts
    assert facts["conflicts"] == [high]
    assert facts["conversations"][0]["unresolved"] == ["crisis_suicide", "review_conflict"]
    write_review(waiting, "bo.csv", (high, "perhaps", "bo"))
    failed = waiting.command("sources", "clean")
    assert failed.status == 2
    assert "reviews/bo.csv, line 2, column decision: neither keep nor drop" in failed.error


def test_a_queue_goes_out_to_label_studio_and_its_answers_come_back_into_the_next_release(waiting):
    waiting.spec("1.0.0")
    waiting.done("export", "--version", "1.0.0")
    queue = waiting.release("1.0.0") / "review_queue_v1.0.0.csv"
    assert queue.stat().st_mode & 0o777 == 0o600
    assert b"kill myself" in queue.read_bytes()
    assert waiting.done("verify", "--version", "1.0.0").status == 0
    sent = waiting.done("reviews", "export", "--version", "1.0.0", "--format", "label-studio", "--json").facts
    tasks = json.loads((waiting.path / sent["files"][1]).read_text())
    assert tasks[0]["data"]["crisis_severity"] == 3
    for task in tasks:
        for who, decision in ((1, "drop"), (2, "drop" if task["data"]["crisis_severity"] == 3 else "keep")):
            choice = {"from_name": "decision", "to_name": "conversation", "type": "choices"}
            task.setdefault("annotations", []).append(
                {"completed_by": who, "updated_at": "2026-02-01T10:00:00Z",
                 "result": [choice | {"value": {"choices": [decision]}}]}
            )  # fmt: skip
    (waiting.path / "answers.json").write_text(json.dumps(tasks))
    taken = ("reviews", "import", "answers.json", "--format", "label-studio", "--name", "1=ana")
    found = waiting.done(*taken, "--json").facts
    assert found["reviewers"] == ["2", "ana"]
    assert found["decisions"] == 2 * len(tasks)
    assert "--replace takes this export" in waiting.command(*taken).error
    waiting.done(*taken, "--replace")
    waiting.done("sources", "clean")
    waiting.spec("1.1.0")
    waiting.done("export", "--version", "1.1.0")
    kept = {row["conversation_id"] for row in waiting.exported("1.1.0")}
    assert tasks[0]["data"]["conversation_id"] not in kept
    report = json.loads((waiting.release("1.1.0") / "qa_report_v1.1.0.json").read_text())
    assert report["changes"]["version"] == "1.0.0"
    assert {row["name"]: row["after"] - row["before"] for row in report["changes"]["rows"]}["alpha"] == -1
    told = report["reviewing"]
    days = {one["name"]: one["first_day"] for one in told["reviewers"]}
    assert days == {"2": "2026-02-01", "ana": "2026-02-01"}
    assert told["agreements"][0]["n"] == len(tasks) - 1
    assert told["conflicts"] == len(tasks) - 1
    stored = [path for path in (waiting.path / ".dagster").rglob("*") if path.is_file()]
    assert not [path for path in stored if b"kill myself" in path.read_bytes()]
