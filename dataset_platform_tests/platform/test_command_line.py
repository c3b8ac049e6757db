"""The command line: exit statuses, one plain line a mistake, results alone on standard output."""

import errno
import json
import os
import re
import shutil
from itertools import pairwise

import pytest

from dataset_platform_tests.pipeline.project import conversations

BAD_INPUT, FAILED = 2, 1


def assert_refused(outcome, status, *fragments):
    """The status, nothing on standard output, and one error line with the fragments, said last."""
    assert (outcome.status, outcome.out) == (status, "")
    assert "Traceback" not in outcome.err
    assert outcome.error.count("\n") == 0, outcome.error
    for fragment in fragments:
        assert fragment in outcome.error


# A disk that refuses: 1


@pytest.mark.parametrize(
    ("taken", "command"),
    [
        ("sources", ["sources", "samples"]),
        ("data/.staging", ["sources", "samples"]),
        ("data/raw", ["sources", "samples"]),
        ("sources", ["sources", "check", "alpha"]),
    ],
)
def test_a_file_where_a_folder_has_to_be_is_one_line(empty, taken, command):
    empty.land("alpha" if taken != "data/raw" else "../alpha", conversations("alpha", 3))
    (empty.path / taken).parent.mkdir(exist_ok=True)
    if taken == "data/raw":
        (empty.path / taken).rmdir()
    (empty.path / taken).write_text("a file")
    assert_refused(empty.command(*command), FAILED, taken, "see that every folder of this path is one")


def test_a_file_where_specs_have_to_be_is_one_line(released):
    shutil.rmtree(released.path / "releases")
    (released.path / "releases").write_text("a file")
    assert_refused(
        released.command("export", "--version", "3.0.0"), FAILED, "releases", "every folder of this path"
    )


def test_an_error_of_the_system_that_names_a_file_is_one_line(empty, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "some/file")

    monkeypatch.setattr("dataset_platform.release.wanted_spec", refuse)
    outcome = empty.command("export", "--version", "1.0.0")
    assert_refused(outcome, FAILED, "error: some/file: Permission denied; ")


# Bad usage and bad input: 2


def test_a_version_that_is_none_is_refused(empty):
    assert_refused(empty.command("export", "--version", "one"), BAD_INPUT, "'one' is not a semantic version")
    assert not (empty.path / "releases").exists()


def test_flags_that_contradict_the_spec_are_refused_with_both_values(released):
    outcome = released.command("export", "--version", "1.0.0", "--seed", "43")
    assert_refused(outcome, BAD_INPUT, "releases/1.0.0.yaml", "seed: 42, now 43")


def test_a_mistake_in_a_spec_is_named_with_file_and_line(released):
    spec = released.spec("4.0.0")
    spec.write_text(spec.read_text().replace("seed: 42", "seed: often"))
    outcome = released.command("export", "--version", "4.0.0")
    assert_refused(outcome, BAD_INPUT, "releases/4.0.0.yaml, line 3, seed: ")


def test_a_spec_that_is_no_yaml_is_named_with_file_and_line(released):
    (released.path / "releases/4.0.0.yaml").write_text("version: 4.0.0\nseed: [1\n")
    assert_refused(
        released.command("export", "--version", "4.0.0"),
        BAD_INPUT,
        "releases/4.0.0.yaml, line ",
        "not valid YAML",
    )


def test_a_mistake_in_a_description_is_named_with_file_and_line(released):
    description = released.path / "sources/alpha.yaml"
    description.write_text(description.read_text().replace("reader: jsonl", "reader: fax"))
    assert_refused(released.command("sources", "clean", "alpha"), BAD_INPUT, "sources/alpha.yaml, line 4")


@pytest.mark.parametrize("command", ["clean", "quarantine"])
def test_a_source_that_nobody_knows_is_refused(released, command):
    assert_refused(released.command("sources", command, "nobody"), BAD_INPUT, "source nobody")


def test_a_project_without_descriptions_says_where_they_go(empty):
    assert_refused(empty.command("sources", "clean"), BAD_INPUT, "sources: no such folder")


def test_no_source_with_files_names_the_command_to_try(empty):
    empty.describe("alpha")
    assert_refused(empty.command("sources", "clean"), BAD_INPUT, "try `dataset-platform sources samples`")


def test_a_folder_without_dagster_yaml_is_refused(empty):
    (empty.path / "dagster.yaml").unlink()
    assert_refused(empty.command("sources", "list"), BAD_INPUT, "dagster.yaml", "DAGSTER_HOME")


def test_a_dagster_home_that_is_not_there_is_refused(empty):
    outcome = empty.apart(["sources", "list"], DAGSTER_HOME=str(empty.path / "nowhere"))
    assert_refused(outcome, BAD_INPUT, "DAGSTER_HOME")


def test_a_setting_that_cannot_be_used_is_refused(empty):
    (empty.path / ".env").write_text("DATASET_STORAGE_BACKEND=punch-cards\n")
    assert_refused(empty.command("sources", "list"), BAD_INPUT, "DATASET_STORAGE_BACKEND='punch-cards'")


@pytest.mark.parametrize("command", ["verify", "qa", "train", "evaluate"])
def test_a_version_that_was_never_exported_names_the_command_to_try(released, command):
    outcome = released.command(command, "--version", "9.9.9")
    assert_refused(outcome, BAD_INPUT, "`dataset-platform export --version 9.9.9`")


@pytest.mark.parametrize("command", ["verify", "qa", "train", "evaluate"])
def test_a_version_with_a_path_in_it_is_refused(released, command):
    assert_refused(released.command(command, "--version", "../../x"), BAD_INPUT, "../../x")


@pytest.mark.parametrize("version", ["9.9.9", "a,b"])
def test_a_version_that_does_not_exist_becomes_no_partition(released, version):
    released.command("train", "--version", version)
    with released.instance() as instance:
        assert set(instance.get_dynamic_partitions("version")) == {"1.0.0", "2.0.0"}


def test_training_before_the_verdict_names_the_command_to_try(released):
    outcome = released.command("train", "--version", "1.0.0")
    assert_refused(outcome, BAD_INPUT, "`dataset-platform qa --version 1.0.0`")


def test_evaluating_before_training_names_the_command_to_try(released):
    outcome = released.command("evaluate", "--version", "2.0.0")
    assert_refused(outcome, BAD_INPUT, "`dataset-platform train --version 2.0.0`")


def test_an_unknown_preset_is_refused_before_a_run_starts(released):
    outcome = released.command("train", "--version", "2.0.0", "--preset", "none")
    assert_refused(outcome, BAD_INPUT, "'none'", "cpu-demo")


def test_exporting_before_any_source_was_cleaned_is_refused(empty):
    outcome = empty.command("export", "--version", "1.0.0")
    assert_refused(outcome, BAD_INPUT, "`dataset-platform sources clean`")


# What was published never changes: 1


def test_a_version_published_with_another_source_file_is_refused_by_name(released):
    released.land("alpha", conversations("alpha", 21))
    released.done("sources", "clean")
    outcome = released.command("export", "--version", "1.0.0", "--no-quality")
    assert_refused(outcome, FAILED, "file alpha/file.jsonl changed", "Give the new release a new version")


def test_a_version_published_with_another_spec_is_refused_by_name(released):
    released.spec("2.0.0", seed=43, bias=0.5)
    outcome = released.command("export", "--version", "2.0.0")
    assert_refused(outcome, FAILED, "spec gates.bias changed; spec seed changed")
    released.done("verify", "--version", "2.0.0")


def test_the_same_export_again_leaves_the_release_alone(released):
    before = {path.name: path.stat().st_mtime_ns for path in released.release("1.0.0").iterdir()}
    released.done("export", "--version", "1.0.0", "--no-quality")
    assert {path.name: path.stat().st_mtime_ns for path in released.release("1.0.0").iterdir()} == before


def test_a_spec_written_by_hand_is_exported_as_it_is(released):
    released.spec("3.0.0", target_samples=7, seed=3)
    assert released.done("export", "--version", "3.0.0", "--no-quality", "--json").facts["rows"] == 7


def test_the_verdict_of_a_release_is_still_shown_after_a_source_changed(released):
    released.land("alpha", conversations("alpha", 21))
    released.done("sources", "clean")
    assert released.done("qa", "--version", "2.0.0", "--json").facts["passed"] is True


# Verification


def test_a_sound_release_verifies(released_once):
    outcome = released_once.done("verify", "--version", "1.0.0")
    assert re.match(r"release 1\.0\.0: \d+ files, [\d,]+ bytes, as published\n", outcome.out)
    assert outcome.err == ""


@pytest.mark.parametrize(
    "name",
    [
        "dataset_v1.0.0.jsonl/train-00001-of-00001.jsonl",
        "dataset_v1.0.0.parquet/train-00001-of-00001.parquet",
        "config_lock.json",
        "ledger_v1.0.0.parquet",
    ],
)
def test_a_damaged_file_is_found_and_named(released, name):
    path = released.release("1.0.0") / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    outcome = released.command("verify", "--version", "1.0.0", "--json")
    assert outcome.status == FAILED
    assert [(finding["file"], finding["problem"]) for finding in outcome.facts["findings"]] == [
        (name, "changed")
    ]


def test_a_release_without_its_manifest_is_none(released):
    (released.release("1.0.0") / "manifest_v1.0.0.json").unlink()
    outcome = released.command("verify", "--version", "1.0.0", "--json")
    assert outcome.status == FAILED
    assert [finding["problem"] for finding in outcome.facts["findings"]] == ["manifest"]


# What is printed


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (["sources", "list"], {"sources"}),
        (["sources", "clean"], {"sources"}),
        (["sources", "quarantine", "alpha"], {"source", "quarantined"}),
        (
            ["export", "--version", "1.0.0", "--no-quality"],
            {"version", "rows", "steps", "losses", "mix", "path"},
        ),
        (["verify", "--version", "1.0.0"], {"version", "passed", "findings"}),
        (["qa", "--version", "2.0.0"], {"passed", "failed", "not_measured", "gates", "qa_report"}),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_json_is_one_document_and_progress_goes_elsewhere(released_once, arguments, keys):
    outcome = released_once.done(*arguments, "--json")
    assert keys <= json.loads(outcome.out).keys()
    assert "✓" not in outcome.out


def test_json_of_a_judged_export_names_the_release_and_the_report(released):
    facts = released.command("export", "--version", "1.0.0", "--json").facts
    assert facts["path"] == "data/exports/v1.0.0"
    assert "data/exports/v1.0.0/qa_report_v1.0.0.html" in json.dumps(facts)


def test_the_table_of_an_export_adds_up(released_once):
    steps = released_once.done("export", "--version", "1.0.0", "--no-quality", "--json").facts["steps"]
    assert steps[0]["in"] == 60
    for step, following in pairwise(steps):
        assert step["in"] - step["lost"] == step["out"] == following["in"]


@pytest.mark.parametrize(
    "command",
    [
        *["demo", "export", "verify", "qa", "train", "evaluate", "sources"],
        *["sources check", "sources clean", "sources list", "sources quarantine"],
    ],
)
def test_every_command_explains_itself(empty, command):
    outcome = empty.done(*command.split(), "--help")
    assert "Usage: dataset-platform" in outcome.out
    assert not (empty.path / ".dagster").exists()


def test_an_unknown_command_is_bad_usage(empty):
    outcome = empty.command("exprot")
    assert (outcome.status, outcome.out) == (BAD_INPUT, "")
    assert "Traceback" not in outcome.err


# Cleaning all sources


def test_a_source_that_fails_does_not_stop_the_others_and_all_failures_are_told(empty):
    for source in ("alpha", "beta", "gamma", "delta"):
        empty.add_source(source, conversations(source, 3))
    description = empty.path / "sources/alpha.yaml"
    description.write_text(description.read_text().replace("reader: jsonl", "reader: fax"))
    link = empty.path / "data/raw/gamma/link.jsonl"
    link.symlink_to("/etc/hostname")
    outcome = empty.command("sources", "clean", "--json")
    assert outcome.status == BAD_INPUT
    assert [row["source"] for row in outcome.facts["sources"]] == ["beta", "delta"]
    first, *lines = outcome.error.splitlines()
    assert first == "error: 2 of 4 sources failed:"
    assert lines[0].startswith("alpha: sources/alpha.yaml, line 4, key `reader`")
    assert lines[1] == "gamma: gamma/link.jsonl: a link out of the landing area; put the file itself there."
    with empty.instance() as instance:
        tags = {run.tags["cleaned_together"] for run in instance.get_runs()}
        left_by = [run.tags["dagster/partition"] for run in instance.get_runs() if run.is_failure]
    assert (len(tags), left_by) == (1, ["gamma"])


def test_what_lies_in_the_landing_area_and_is_not_read_is_named(empty):
    empty.add_source("alpha", conversations("alpha", 3))
    empty.land("beta", [])
    empty.describe("gamma")
    (empty.path / "data/raw/stray.jsonl").touch()
    warnings = [line for line in empty.done("sources", "clean").err.splitlines() if "warning" in line]
    assert warnings == [
        "warning: data/raw/beta/ is not read: no sources/beta.yaml describes it; "
        "try `dataset-platform sources check beta`",
        "warning: data/raw/stray.jsonl is not read: it lies in the folder of no source; move it into one",
        "warning: sources/gamma.yaml describes nothing: there are no files in data/raw/gamma/",
    ]
    assert "warning" not in empty.done("sources", "clean", "alpha").err


def test_a_source_whose_files_left_is_forgotten_unless_the_landing_area_is_empty(empty):
    for source in ("alpha", "beta"):
        empty.add_source(source, conversations(source, 3))
    empty.done("sources", "clean")

    def sources():
        with empty.instance() as instance:
            return sorted(instance.get_dynamic_partitions("source"))

    (empty.path / "data/raw/alpha/file.jsonl").unlink()
    assert "alpha left the landing area" in empty.done("sources", "clean").err
    assert sources() == ["beta"]
    (empty.path / "data/raw/beta/file.jsonl").unlink()
    assert_refused(empty.command("sources", "clean"), BAD_INPUT, "no source has both a description")
    assert sources() == ["beta"]
