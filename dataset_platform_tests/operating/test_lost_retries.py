"""A crashed run that the daemon could not start anew is started by the sensor, once."""

import dagster as dg
import pytest
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, PARENT_RUN_ID_TAG, WILL_RETRY_TAG
from dagster._core.test_utils import create_run_for_test

from dataset_platform.lost_retries import lost_retries_sensor

ALPHA = {"dagster/partition": "alpha", WILL_RETRY_TAG: "true"}


@pytest.fixture
def instance():
    with dg.instance_for_test() as instance:
        yield instance


def failed(instance, job="clean_source", **tags):
    return create_run_for_test(
        instance, job_name=job, status=dg.DagsterRunStatus.FAILURE, tags={**ALPHA, **tags}
    )


def looks(instance, count):
    """What each of so many looks in a row asks for."""
    cursor, asked = None, []
    for _ in range(count):
        with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
            result = lost_retries_sensor(context)
        cursor = result.cursor
        asked.append([(r.job_name, r.partition_key, r.tags[PARENT_RUN_ID_TAG]) for r in result.run_requests])
    return asked


def test_it_is_on_by_default():
    assert lost_retries_sensor.default_status is dg.DefaultSensorStatus.RUNNING


def test_a_run_without_its_retry_is_started_at_the_second_look_and_once(instance):
    run = failed(instance)
    assert looks(instance, 4) == [[], [("clean_source", "alpha", run.run_id)], [], []]


def test_the_new_run_continues_the_numbers_of_the_old(instance):
    failed(instance, **{"dagster/retry_number": "1", "dagster/root_run_id": "the-first"})
    with dg.build_sensor_context(instance=instance) as context:
        cursor = lost_retries_sensor(context).cursor
    with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
        (request,) = lost_retries_sensor(context).run_requests
    assert request.tags["dagster/retry_number"] == "2"


@pytest.mark.parametrize("tags", [{AUTO_RETRY_RUN_ID_TAG: "another"}, {WILL_RETRY_TAG: "false"}])
def test_a_run_that_the_daemon_started_or_is_not_to_start_is_left_alone(instance, tags):
    failed(instance, **tags)
    assert looks(instance, 2) == [[], []]


def test_a_run_that_a_person_started_anew_is_left_alone(instance):
    run = failed(instance)
    create_run_for_test(instance, job_name="clean_source", tags={PARENT_RUN_ID_TAG: run.run_id})
    assert looks(instance, 2) == [[], []]


def test_a_run_of_no_job_of_ours_is_left_alone(instance):
    failed(instance, job="__ASSET_JOB")
    assert looks(instance, 2) == [[], []]
