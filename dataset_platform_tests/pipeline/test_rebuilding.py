"""The same inputs give the same bytes, and nothing is done twice."""

import json
import shutil
import subprocess

import pytest

from dataset_platform.release import ReleaseFiles, read_manifest
from dataset_platform.storage.files import sha256_of
from dataset_platform_tests.pipeline.project import Project, conversations

pytestmark = pytest.mark.slow

ELSEWHERE = {"DATASET_STORAGE_LOCAL_PATH": "elsewhere/on/another/disk"}


@pytest.fixture(scope="module")
def rebuilt_once(cleaned_once, tmp_path_factory):
    """All of `released_once` made again: in another folder, root and process, with another hash seed."""
    project = Project(tmp_path_factory.mktemp("rebuilt") / "project")
    shutil.copytree(cleaned_once.path / "sources", project.path / "sources")
    shutil.copytree(
        cleaned_once.path / "data/raw", project.path / ELSEWHERE["DATASET_STORAGE_LOCAL_PATH"] / "raw"
    )
    project.spec("2.0.0")
    outcome = project.apart(
        ["sources", "clean"],
        ["export", "--version", "1.0.0", "--target-samples", "20", "--no-quality"],
        ["export", "--version", "2.0.0"],
        PYTHONHASHSEED="7",
        **ELSEWHERE,
    )
    assert outcome.status == 0, outcome.err
    return project


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_two_roots_hold_the_same_bytes(released_once, rebuilt_once, version):
    first = released_once.release(version)
    second = rebuilt_once.release(version, ELSEWHERE["DATASET_STORAGE_LOCAL_PATH"])
    manifest = read_manifest(first)
    assert manifest.files == read_manifest(second).files
    differing = [
        entry.name
        for entry in manifest.files
        if len({(folder / entry.name).read_bytes()[: entry.bytes] for folder in (first, second)}) > 1
    ]
    assert differing == []


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_manifests_of_two_builds_differ_in_time_and_run_only(released_once, rebuilt_once, version):
    name = ReleaseFiles(version).manifest
    first = json.loads((released_once.release(version) / name).read_text())
    second = json.loads(
        (rebuilt_once.release(version, ELSEWHERE["DATASET_STORAGE_LOCAL_PATH"]) / name).read_text()
    )
    assert {key for key in first if first[key] != second[key]} == {"created_at", "run_id"}


def test_no_folder_of_this_machine_is_named_in_a_release(released_once, rebuilt_once):
    for project, root in ((released_once, "data"), (rebuilt_once, "elsewhere")):
        named = [
            path
            for path in project.path.glob(f"{root}/**/exports/**/*")
            if path.is_file()
            and any(
                place in path.read_bytes() for place in (str(project.path.parent).encode(), b"another/disk")
            )
        ]
        assert named == []


def test_a_second_run_of_everything_finds_all_work_done(rebuilt_once):
    """The first run was in a process with another hash seed."""
    project = rebuilt_once
    before = project.reused()
    assert {key: flags for key, flags in before.items() if any(flags)} == {
        ("withdrawn_conversations", None): [False, True],
        ("duplicate_clusters", None): [False, True],
        ("pasted_answers", None): [False, True],
    }
    (project.path / ".env").write_text("".join(f"{name}={value}\n" for name, value in ELSEWHERE.items()))
    project.done("sources", "clean")
    project.done("export", "--version", "2.0.0")
    after = project.reused()
    assert {key[0] for key in after} == {
        *("raw_conversations", "quarantine", "source_files", "clean_conversations", "heldout_overlap"),
        *("filter_decisions", "text_signatures", "withdrawn_conversations", "duplicate_clusters"),
        *("pasted_answers", "dataset_export", "qa_report"),
    }
    repeated = {
        key: flags[len(before[key]) :] for key, flags in after.items() if key != ("dataset_export", "1.0.0")
    }
    assert {key: flags for key, flags in repeated.items() if flags != [True]} == {}


def test_a_changed_file_redoes_its_source_and_what_depends_on_it(released):
    before = released.reused()
    released.land("beta", conversations("beta", 21))
    released.done("sources", "clean")
    released.spec("2.1.0")
    released.done("export", "--version", "2.1.0", "--no-quality")
    after = released.reused()
    repeated = {key: flags[len(before.get(key, [])) :] for key, flags in after.items()}
    assert {key for key, flags in repeated.items() if False in flags} == {
        ("raw_conversations", "beta"),
        ("quarantine", "beta"),
        ("source_files", "beta"),
        ("clean_conversations", "beta"),
        ("heldout_overlap", "beta"),
        ("filter_decisions", "beta"),
        ("text_signatures", "beta"),
        ("withdrawn_conversations", None),
        ("duplicate_clusters", None),
        ("pasted_answers", None),
        ("dataset_export", "2.1.0"),
    }
    assert [
        key for key, flags in repeated.items() if True in flags and key[1] not in ("alpha", "gamma")
    ] == []


def test_a_changed_filter_is_decided_anew_and_nothing_is_read_or_cleaned_for_it(released):
    before = released.reused()
    description = released.path / "sources/beta.yaml"
    description.write_text(f"{description.read_text()}filters: {{min_chars: 100000}}\n")
    refused = released.command("export", "--version", "2.2.0")
    assert "sources/beta.yaml changed" in refused.error
    released.done("sources", "clean")
    released.spec("2.2.0")
    released.done("export", "--version", "2.2.0", "--no-quality")
    repeated = {key: flags[len(before.get(key, [])) :] for key, flags in released.reused().items()}
    assert {key for key, flags in repeated.items() if False in flags} == {
        ("filter_decisions", "beta"),
        ("duplicate_clusters", None),
        ("pasted_answers", None),
        ("dataset_export", "2.2.0"),
    }
    lost = {
        row["reason"]
        for row in released.ledger("2.2.0")
        if row["source"] == "beta" and row["fate"] == "filtered"
    }
    assert "too_short" in lost
    lock = json.loads((released.release("2.2.0") / "config_lock.json").read_text())
    assert {"name": "sources/beta.yaml", "sha256": sha256_of(description)} in lock["inputs"]


def test_the_lock_names_the_commit_of_the_project(cleaned):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    (cleaned.path / ".gitignore").write_text("data\n.dagster\n")
    cleaned.spec("1.0.0")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "Sources"]):
        subprocess.run([*git, *command], cwd=cleaned.path, check=True, capture_output=True)
    head = subprocess.run(
        [*git, "rev-parse", "HEAD"], cwd=cleaned.path, check=True, capture_output=True, text=True
    )
    cleaned.done("export", "--version", "1.0.0", "--no-quality")
    lock = json.loads((cleaned.release("1.0.0") / "config_lock.json").read_text())
    assert lock["git"] == {"commit": head.stdout.strip(), "dirty": False, "diff_sha256": None}
