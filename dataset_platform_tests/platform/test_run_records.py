"""A run leaves a record beside the data, however it ends."""

import json
from contextlib import suppress
from uuid import uuid4

import dagster as dg
import pytest
from rich.console import Console

from dataset_platform.errors import StorageError
from dataset_platform.progress import Progress
from dataset_platform.run_records import record_of, recorded
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.local import LocalStore


@dg.op
def first() -> int:
    return 1


@dg.op
def second(number: int) -> int:
    raise ValueError(f"a word of a conversation, {number}")


@dg.job
def failing():
    second(first())


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def run(instance, progress):
    run_id = str(uuid4())
    with suppress(ValueError), recorded(instance, Storage(), run_id, progress):
        failing.execute_in_process(instance=instance, run_id=run_id)
    return run_id


def test_a_run_leaves_its_steps_and_times_and_no_messages(instance, tmp_path, monkeypatch):
    monkeypatch.setenv("DATASET_STORAGE_LOCAL_PATH", str(tmp_path))
    monkeypatch.setenv("DATASET_LOGS_PREFIX", "protocol")
    run_id = run(instance, Progress(Console(stderr=True)))
    (path,) = (path for path in (tmp_path / "protocol").rglob("*") if path.is_file())
    record = json.loads(path.read_text())
    day = record["started"].partition("T")[0]
    assert path.relative_to(tmp_path).as_posix() == f"protocol/runs/{day}/{run_id}.json"
    assert (record["job"], record["status"]) == ("failing", "failure")
    assert [(step["name"], step["status"]) for step in record["steps"]] == [
        ("first", "success"),
        ("second", "failure"),
    ]
    assert all(0 <= step["seconds"] <= record["seconds"] for step in record["steps"])
    assert "conversation" not in path.read_text()


def test_a_store_that_refuses_the_record_is_told_of_and_stops_nothing(
    instance, tmp_path, monkeypatch, capsys
):
    def refuse(*_):
        raise StorageError("logs: cannot write: the credentials lack s3:PutObject")

    monkeypatch.setenv("DATASET_STORAGE_LOCAL_PATH", str(tmp_path))
    monkeypatch.setattr(LocalStore, "replace", refuse)
    run_id = run(instance, Progress(Console(stderr=True, width=300)))
    assert f"run {run_id} left no record: logs: cannot write" in capsys.readouterr().err


def test_a_run_that_never_began_has_no_record(instance):
    assert record_of(instance, str(uuid4())) is None
