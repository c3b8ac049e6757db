"""Waiting for a slot of a pool.

Dagster's queue holds a run back while its pool is full, but what the command line starts is never queued.
So every step that needs it looks again, once it runs, and lets those go first that began before it.
"""

import time
from collections.abc import Sequence

import dagster as dg
from dagster._core.launcher.base import WorkerStatus

LOOK_EVERY_S = 2.0
RUNNING = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)


def wait_for_slot(context: dg.AssetExecutionContext, pool: str) -> None:
    """Until fewer runs that began earlier are in the pool than it has slots; at once where it has no limit.

    A run whose process is gone holds no slot, though nobody has written down yet that it ended.
    """
    told: Sequence[str] = ()
    while (limit := _limit(context.instance, pool)) is not None:
        ahead = _ahead(context, pool)
        if len(ahead) < limit:
            return
        if ahead != told:
            told = ahead
            context.log.info(f"waiting for a slot of the pool {pool}, which run {', '.join(ahead)} has")
        time.sleep(LOOK_EVERY_S)


def _limit(instance: dg.DagsterInstance, pool: str) -> int | None:
    limits = instance.event_log_storage.get_pool_limits()
    given = {limit.name: limit.limit for limit in limits if not limit.from_default}
    return given.get(pool, instance.global_op_concurrency_default_limit)


def _ahead(context: dg.AssetExecutionContext, pool: str) -> Sequence[str]:
    """Runs in the pool that began before this one, by their ids: of any two, one sees the other."""
    instance = context.instance
    records = instance.get_run_records(dg.RunsFilter(statuses=list(RUNNING)))
    began = {record.dagster_run.run_id: (record.start_time or 0.0, record.storage_id) for record in records}
    own = began.get(context.run.run_id)
    return [
        record.dagster_run.run_id
        for record in records
        if own
        and began[record.dagster_run.run_id] < own
        and pool in _pools(record.dagster_run)
        and _is_alive(instance, record.dagster_run)
    ]


def _pools(run: dg.DagsterRun) -> set[str]:
    return set(run.run_op_concurrency.all_pools or ()) if run.run_op_concurrency else set()


def _is_alive(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    launcher = instance.run_launcher
    if not launcher.supports_check_run_worker_health:
        return True
    try:
        return launcher.check_run_worker_health(run).status is not WorkerStatus.FAILED
    except Exception:  # whoever knows gives no answer just now
        return True
