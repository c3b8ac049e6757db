"""What a run was and how long its steps took, kept in the store under DATASET_LOGS_PREFIX.

Dagster's own database has more, but lies on one machine; this stays with the data when that is gone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from math import inf

import dagster as dg
from dagster._core.execution.stats import RunStepKeyStatsSnapshot
from pydantic import BaseModel

from dataset_platform.errors import PlatformError
from dataset_platform.progress import Progress
from dataset_platform.storage.io_managers import Storage


class StepRecord(BaseModel):
    """A step that ended; `seconds` is null for one that was skipped."""

    name: str
    status: str
    seconds: float | None


class RunRecord(BaseModel):
    """A run that ended, its steps in the order in which they began. Names and numbers only, no messages."""

    run_id: str
    job: str
    partition: str | None
    status: str
    started: datetime
    seconds: float
    steps: tuple[StepRecord, ...]


@contextmanager
def recorded(
    instance: dg.DagsterInstance, storage: Storage, run_id: str, progress: Progress
) -> Iterator[None]:
    """Stores the record of the run that the block makes, however it ends.

    A store that refuses is told of and is no error: what the run did is done.
    """
    try:
        yield
    finally:
        record = record_of(instance, run_id)
        if record:
            try:
                storage.store.replace(storage.run_record_key(record.started, run_id), _written(record))
            except PlatformError as error:
                progress.note(f"warning: run {run_id} left no record: {error}")


def record_of(instance: dg.DagsterInstance, run_id: str) -> RunRecord | None:
    """What the instance knows of a run that ended; None for one that never began."""
    found = instance.get_run_record_by_id(run_id)
    if found is None or found.start_time is None or found.end_time is None:
        return None
    steps = instance.get_run_step_stats(run_id)
    return RunRecord(
        run_id=run_id,
        job=found.dagster_run.job_name,
        partition=found.dagster_run.tags.get("dagster/partition"),
        status=found.dagster_run.status.value.lower(),
        started=datetime.fromtimestamp(found.start_time, UTC),
        seconds=round(found.end_time - found.start_time, 3),
        steps=tuple(map(_step_record, sorted(steps, key=lambda step: step.start_time or inf))),
    )


def _step_record(step: RunStepKeyStatsSnapshot) -> StepRecord:
    seconds = step.end_time - step.start_time if step.start_time and step.end_time else None
    return StepRecord(
        name=step.step_key,
        status=step.status.value.lower() if step.status else "unknown",
        seconds=None if seconds is None else round(seconds, 3),
    )


def _written(record: RunRecord) -> bytes:
    return f"{record.model_dump_json(indent=1)}\n".encode()
