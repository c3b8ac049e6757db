"""Starts runs anew that Dagster was to start anew and could not.

Its daemon tries once, at the moment of a failure. Where the code server is gone just then, as when a machine
goes down, the run would stay red.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.tags import (
    AUTO_RETRY_RUN_ID_TAG,
    PARENT_RUN_ID_TAG,
    RETRY_NUMBER_TAG,
    ROOT_RUN_ID_TAG,
    WILL_RETRY_TAG,
)

from dataset_platform.jobs import JOBS
from dataset_platform.settling import Watch

INTERVAL_S = 60
LOOKED_BACK = timedelta(days=2)
NAMES = frozenset(str(job.name) for job in JOBS)


@dg.sensor(
    jobs=JOBS,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts crashed runs anew where the daemon was to do it, and the code server was away.",
)
def lost_retries_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Starts a run for each that two looks in a row found without its retry: so the daemon comes first."""
    lost = {run.run_id: run for run in lost_retries(context.instance)}
    after, settled = Watch.resumed(context.cursor).look(dict.fromkeys(lost, "lost"))
    return dg.SensorResult(
        run_requests=[_again(lost[run_id]) for run_id in sorted(settled)], cursor=after.model_dump_json()
    )


def lost_retries(instance: dg.DagsterInstance) -> Iterator[dg.DagsterRun]:
    """Failed runs of our jobs that are to be started anew, of which there is no newer run."""
    since = datetime.now(UTC) - LOOKED_BACK
    failed = instance.get_runs(
        dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.FAILURE], tags={WILL_RETRY_TAG: "true"}, updated_after=since
        )
    )
    for run in failed:
        child = dg.RunsFilter(tags={PARENT_RUN_ID_TAG: run.run_id})
        is_known = AUTO_RETRY_RUN_ID_TAG in run.tags or instance.get_runs_count(child) > 0
        if run.job_name in NAMES and not is_known:
            yield run


def _again(run: dg.DagsterRun) -> dg.RunRequest:
    """The same run once more; results that are there are found there."""
    numbers = {RETRY_NUMBER_TAG: str(int(run.tags.get(RETRY_NUMBER_TAG, 0)) + 1)}
    line = {PARENT_RUN_ID_TAG: run.run_id, ROOT_RUN_ID_TAG: run.root_run_id or run.run_id}
    return dg.RunRequest(
        run_key=f"retry of {run.run_id}",
        job_name=run.job_name,
        partition_key=run.tags.get("dagster/partition"),
        run_config=run.run_config,
        tags={**numbers, **line},
    )
