"""What goes by itself: sources are judged as they arrive, looked at every morning, and tried again."""

import os
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from dataset_platform import curate
from dataset_platform.assets.partitions import SOURCES, VERSIONS
from dataset_platform.definitions import defs
from dataset_platform.errors import InputError, StorageError
from dataset_platform.jobs import DOES
from dataset_platform.schedules import every_morning
from dataset_platform.storage import patience
from dataset_platform.storage.local import LocalStore
from dataset_platform_tests.pipeline.project import conversation, conversations

BROKEN = "{ no record"


def evaluation(project, check):
    (found,) = [found for found in project.evaluations() if found.check_name == check]
    return found


# Sources are judged as they arrive


def test_a_source_of_which_much_cannot_be_read_is_a_warning_that_names_the_files(empty):
    empty.add_source("alpha", [*conversations("alpha", 9), BROKEN])
    outcome = empty.done("sources", "clean")
    found = evaluation(empty, "mostly_read")
    assert (found.passed, found.severity, found.partition) == (False, dg.AssetCheckSeverity.WARN, "alpha")
    assert found.description == "1 of 10 records could not be read (10.0%, at most 5%)"
    assert [row.data for row in found.metadata["reasons"].records] == [
        {"origin_file": "alpha/file.jsonl", "records": 10, "quarantined": 1}
    ]
    assert "warning: alpha: 1 of 10 records could not be read" in outcome.err


def test_a_source_of_which_much_is_fit_for_nothing_is_a_warning_with_the_reasons(empty):
    monologues = [conversation(f"alone {number}", turns=1) for number in range(3)]
    empty.add_source("alpha", [*conversations("alpha", 7), *monologues])
    empty.done("sources", "clean")
    found = evaluation(empty, "mostly_fit")
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert [row.data for row in found.metadata["reasons"].records] == [
        {"drop_reason": "no_assistant_turn", "rows": 3}
    ]


def test_a_sound_source_passes_every_check(cleaned_once):
    checks = {"contract", "mostly_read", "mostly_fit", "reviewed"}
    passed = {(found.check_name, found.partition) for found in cleaned_once.evaluations() if found.passed}
    assert passed >= {(check, source) for check in checks for source in ("alpha", "beta", "gamma")}


def test_shares_of_nothing_pass():
    assert curate.Intake(0, 0, 0.05, "records could not be read", []).passed


# Every morning


@pytest.fixture
def morning(cleaned):
    """Runs the job of the schedule on the project, and gives the run and its one check."""

    def run():
        with cleaned.instance() as instance:
            result = defs.resolve_job_def(every_morning.job_name).execute_in_process(
                instance=instance, raise_on_error=False
            )
        (found,) = result.get_asset_check_evaluations()
        return result.success, found

    return run


def grow_old(project, source, days):
    path = project.path / f"data/raw/{source}/file.jsonl"
    then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))


def expect_within(project, source, days):
    path = project.path / f"sources/{source}.yaml"
    path.write_text(f"{path.read_text()}fresh_for_days: {days}\n")
    project.done("sources", "clean", source)


def test_a_source_without_a_new_file_for_too_long_fails_the_run_by_name(cleaned, morning):
    expect_within(cleaned, "beta", 7)
    grow_old(cleaned, "beta", days=9)
    cleaned.done("sources", "clean", "beta")
    ended_well, found = morning()
    assert not ended_well
    assert found.description == "beta had its last file 9.0 days ago, expected within 7"
    rows = {row.data["source"]: row.data for row in found.metadata["sources"].records}
    assert rows["beta"]["expected within"] == "7"
    assert rows["alpha"]["problem"] == ""


def test_a_source_that_is_as_old_as_it_may_be_passes(cleaned, morning):
    expect_within(cleaned, "beta", 7)
    ended_well, found = morning()
    assert (ended_well, found.passed) == (True, True)


def test_files_that_nobody_read_are_told(cleaned, morning):
    cleaned.land("alpha", conversations("alpha", 31))
    ended_well, found = morning()
    assert (ended_well, found.description) == (False, "files of alpha changed")


def test_when_a_new_file_is_expected_decides_no_row(cleaned):
    before = cleaned.reused()[("raw_conversations", "beta")]
    expect_within(cleaned, "beta", 7)
    assert cleaned.reused()[("raw_conversations", "beta")] == [*before, True]


# Again, later and later


@pytest.fixture
def outage(monkeypatch):
    """A store whose listings fail as often as asked for, and steps that are tried again at once."""
    left = [0]
    listing = LocalStore.list

    def flaky(store, prefix):
        if left[0]:
            left[0] -= 1
            raise StorageError("the store gives no answer")
        return listing(store, prefix)

    monkeypatch.setattr(LocalStore, "list", flaky)
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.01)
    return left


def run_of_the_daemon(project, source):
    with project.instance() as instance:
        instance.add_dynamic_partitions(str(SOURCES.name), [source])
        return defs.resolve_job_def("clean_source").execute_in_process(
            instance=instance, partition_key=source, raise_on_error=False
        )


def test_a_step_that_met_a_store_which_is_down_is_tried_again(empty, outage):
    empty.add_source("alpha", conversations("alpha", 3))
    outage[0] = 2
    result = run_of_the_daemon(empty, "alpha")
    assert result.success
    retried = [event for event in result.all_events if event.is_step_up_for_retry]
    assert len(retried) == 2
    waits = [event.step_retry_data.seconds_to_wait for event in retried]
    assert waits[1] == 2 * waits[0]


def test_a_store_that_stays_down_ends_the_run_with_its_error(empty, outage):
    empty.add_source("alpha", conversations("alpha", 3))
    outage[0] = 100
    result = run_of_the_daemon(empty, "alpha")
    assert not result.success
    assert len([event for event in result.all_events if event.is_step_up_for_retry]) == patience.MAX_RETRIES


def test_a_command_says_at_once_that_a_store_is_down(empty, outage):
    empty.add_source("alpha", conversations("alpha", 3))
    empty.done("sources", "clean")
    empty.land("alpha", conversations("alpha", 4))
    outage[0] = 100
    assert "the store gives no answer" in empty.command("sources", "clean").error


def test_a_wrong_description_is_not_tried_again(empty, outage):  # noqa: ARG001
    empty.add_source("alpha", conversations("alpha", 3))
    (empty.path / "sources/alpha.yaml").write_text("name: alpha\n")
    result = run_of_the_daemon(empty, "alpha")
    assert [event for event in result.all_events if event.is_step_up_for_retry] == []


# Jobs and pools


def test_every_job_says_by_a_tag_what_its_runs_do():
    found = {job.name: job.tags[DOES] for job in defs.resolve_all_job_defs() if not job.name.startswith("__")}
    assert len(found) == len(set(found.values())) == 7


def test_sources_and_trainings_wait_for_a_slot_of_their_pool():
    pools = {
        node.name: node.definition.pool
        for job in ("clean_source", "train_checkpoint")
        for node in defs.resolve_job_def(job).nodes
        if node.definition.pool
    }
    assert pools == {
        "read_source": "sources",
        "clean_conversations": "sources",
        "trained_checkpoint": "training",
    }


def test_a_release_can_be_asked_for_by_run_config_alone(cleaned):
    config = {"ops": {"dataset_export": {"config": {"target_samples": 12, "seed": 7}}}}
    selection = [
        dg.AssetKey(name)
        for name in ("withdrawn_conversations", "duplicate_clusters", "pasted_answers", "dataset_export")
    ]
    with cleaned.instance() as instance:
        instance.add_dynamic_partitions(str(VERSIONS.name), ["1.5.0"])
        result = defs.resolve_job_def("cut_release").execute_in_process(
            instance=instance, partition_key="1.5.0", run_config=config, asset_selection=selection
        )
    assert result.success
    assert "target_samples: 12" in (cleaned.path / "releases/1.5.0.yaml").read_text()
    assert len(cleaned.exported("1.5.0")) == 12


def test_a_config_that_contradicts_the_spec_is_refused(released):
    config = {"ops": {"dataset_export": {"config": {"seed": 43}}}}
    with released.instance() as instance, pytest.raises(Exception, match="seed: 42, now 43"):
        defs.resolve_job_def("cut_release").execute_in_process(
            instance=instance,
            partition_key="1.0.0",
            run_config=config,
            asset_selection=[dg.AssetKey("dataset_export")],
        )


def test_input_errors_are_not_waited_for():
    with pytest.raises(InputError), patience.patient(None):
        raise InputError("wrong")
