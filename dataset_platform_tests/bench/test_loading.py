"""What an audit of the runs tells: states that are not true, and runs that nothing came of."""

import time

import dagster as dg
import pytest
from dagster._core.events import StepMaterializationData
from dagster._core.test_utils import create_run_for_test

from dataset_platform.bench.loading import Load
from dataset_platform.bench.loading_audit import ASSETS_OF, unrepaired, untrue_states
from dataset_platform.definitions import defs

RUN = {"job_name": "clean_source", "tags": {"dagster/partition": "alpha"}}


@pytest.fixture
def instance():
    with dg.instance_for_test() as instance:
        yield instance


def materialised(instance, run, assets):
    for asset in assets:
        event = dg.DagsterEvent(
            dg.DagsterEventType.ASSET_MATERIALIZATION.value,
            run.job_name,
            event_specific_data=StepMaterializationData(dg.AssetMaterialization(asset, partition="alpha")),
        )
        instance.report_dagster_event(event, run.run_id)


def test_every_version_has_a_run_and_every_source_at_least_one():
    queue = Load(sources=3, versions=2, runs=10, kills=0).queue()
    assert queue["cut_release"] == ["1.0.0", "1.1.0"]
    assert len(queue["clean_source"]) == 8
    assert set(queue["clean_source"]) == {"source_000", "source_001", "source_002"}
    assert len(Load(sources=3, versions=2, runs=1, kills=0).queue()["clean_source"]) == 3


def test_assets_that_are_looked_for_are_those_of_the_job():
    graph = defs.resolve_job_def("clean_source").asset_layer.asset_graph
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} >= set(ASSETS_OF["clean_source"])


def test_a_run_that_succeeded_with_all_of_its_assets_is_well(instance):
    run = create_run_for_test(instance, status=dg.DagsterRunStatus.SUCCESS, **RUN)
    materialised(instance, run, ASSETS_OF["clean_source"])
    assert untrue_states(instance, instance.get_run_records()) == []


def test_a_run_that_succeeded_without_an_asset_is_told(instance):
    run = create_run_for_test(instance, status=dg.DagsterRunStatus.SUCCESS, **RUN)
    materialised(instance, run, ASSETS_OF["clean_source"][1:])
    (line,) = untrue_states(instance, instance.get_run_records())
    assert line.endswith("of clean_source alpha succeeded without ['raw_conversations']")


def test_a_run_that_never_ended_is_told(instance):
    create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED, **RUN)
    (line,) = untrue_states(instance, instance.get_run_records())
    assert line.endswith("still says started")


def test_a_run_that_went_on_after_it_had_failed_is_told(instance):
    run = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED, **RUN)
    instance.report_run_failed(run)
    time.sleep(1.1)
    materialised(instance, run, ["quarantine"])
    (line,) = untrue_states(instance, instance.get_run_records())
    assert line.endswith("went on after it had ended")


def test_a_failure_that_was_started_anew_and_succeeded_is_repaired(instance):
    first = create_run_for_test(instance, status=dg.DagsterRunStatus.FAILURE, **RUN)
    assert unrepaired(instance.get_runs()) == ["clean_source alpha: none of 1 runs succeeded"]
    ids = {"root_run_id": first.run_id, "parent_run_id": first.run_id}
    create_run_for_test(instance, status=dg.DagsterRunStatus.SUCCESS, **RUN, **ids)
    assert unrepaired(instance.get_runs()) == []
