"""`doctor`, `storage gc` and `storage copy` on the command line: exit statuses, output, what changes."""

import pytest

from dataset_platform.storage.local import LocalStore
from dataset_platform.storage.store import STAGING
from dataset_platform.storage.work import Work, commit
from dataset_platform_tests.pipeline.project import Project
from dataset_platform_tests.release.release_records import full_inputs

BAD_INPUT, FAILED = 2, 1


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


@pytest.fixture
def released(project):
    full_inputs().build(project.release("1.0.0"))
    return project


def write(content):
    return Work({"content": content}, lambda folder: (folder / "a").write_text(content))


# doctor


def test_a_machine_that_is_fit_is_told_so(project):
    outcome = project.done("doctor", "--json")
    assert outcome.facts["failed"] == []
    assert {"Python", "packages", "memory", "GPU", "storage list", "storage create once"} <= {
        finding["check"] for finding in outcome.facts["findings"]
    }
    assert [path for path in (project.path / "data").rglob("*") if path.is_file()] == []


def test_what_failed_is_in_the_table_and_in_the_exit_status(project):
    (project.path / "data").mkdir()
    (project.path / "data/exports").write_text("a file where a folder should be")
    outcome = project.command("doctor")
    assert outcome.status == FAILED
    assert "storage write" in outcome.error
    (line,) = (line for line in outcome.out.splitlines() if line.startswith(" storage write"))
    assert "failed" in line
    assert "let this user read and write there" in line


def test_settings_that_cannot_be_used_are_bad_usage_and_the_rest_is_still_looked_at(project):
    (project.path / ".env").write_text("DATASET_STORAGE_BACKEND=s3\n")
    outcome = project.command("doctor", "--json")
    assert outcome.status == BAD_INPUT
    assert outcome.facts["failed"] == ["settings"]
    (finding,) = (finding for finding in outcome.facts["findings"] if finding["check"] == "settings")
    assert "DATASET_S3_BUCKET is missing" in finding["detail"]
    assert len(outcome.facts["findings"]) > 5


# storage gc


@pytest.fixture
def littered(project):
    store = LocalStore(project.path / "data")
    for content in ("one", "two"):
        commit(store, "processed/clean_conversations/alpha", write(content))
    store.replace(f"exports/{STAGING}/v1.0.0-{'0' * 32}/a", b"12345")
    return project


def test_garbage_is_shown_and_stays_until_it_is_to_go(littered):
    shown = littered.done("storage", "gc", "--older-than", "0", "--json").facts
    assert (shown["removed"], shown["bytes"]) == (False, 8)
    assert [row["why"] for row in shown["garbage"]] == ["abandoned", "superseded"]
    removed = littered.done("storage", "gc", "--older-than", "0", "--delete", "--json").facts
    assert [row["what"] for row in removed["garbage"]] == [row["what"] for row in shown["garbage"]]
    assert littered.done("storage", "gc", "--older-than", "0", "--json").facts["garbage"] == []


def test_by_default_nothing_of_the_last_day_is_garbage(littered):
    assert littered.done("storage", "gc", "--delete").out == "0 folders, 0 bytes removed\n"


# storage copy


def test_a_release_is_copied_to_another_disk_and_verified_there(released, tmp_path):
    arguments = [
        "--from",
        "local",
        "--to",
        "local",
        "--to-path",
        str(tmp_path / "other"),
        "--version",
        "1.0.0",
    ]
    copied = released.done("storage", "copy", *arguments, "--json").facts["copied"]
    assert [(row["what"], row["was"]) for row in copied] == [("release 1.0.0", "copied")]
    again = released.done("storage", "copy", *arguments)
    assert "there already" in again.out
    assert "byte by byte as published" in again.out
    (released.path / ".env").write_text(f"DATASET_STORAGE_LOCAL_PATH={tmp_path / 'other'}\n")
    released.done("verify", "--version", "1.0.0")


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["--from", "local", "--to", "local", "--version", "1.0.0"], "both source and destination"),
        (["--from", "local", "--to", "s3", "--version", "1.0.0"], "DATASET_S3_BUCKET is missing"),
        (["--from", "local", "--to", "local", "--to-path", "b", "--version", "9.9.9"], "no release 9.9.9"),
        (
            ["--from", "local", "--to", "local", "--to-path", "b", "--version", "1.0.0", "--checkpoint"],
            "release 1.0.0 has no checkpoint",
        ),
    ],
)
def test_what_cannot_be_copied_is_bad_input(released, arguments, fragment):
    outcome = released.command("storage", "copy", *arguments)
    assert (outcome.status, outcome.out) == (BAD_INPUT, "")
    assert fragment in outcome.error


def test_a_path_is_for_local_backends_only(project):
    outcome = project.command(
        "storage", "copy", "--from", "s3", "--to", "local", "--version", "1.0.0", "--from-path", "a"
    )
    assert outcome.status == BAD_INPUT
    assert "only a local backend has a path" in outcome.err


@pytest.mark.parametrize("command", ["doctor", "storage", "storage gc", "storage copy"])
def test_every_command_explains_itself(project, command):
    assert "Usage: dataset-platform" in project.done(*command.split(), "--help").out
