"""The slots of the pool `training`: for runs of the queue and of the command line alike."""

import platform
import subprocess
import sys
import threading
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._core.instance.config import PoolGranularity
from dagster._core.op_concurrency_limits_counter import GlobalOpConcurrencyLimitsCounter

from dataset_platform.assets import pools
from dataset_platform.assets.partitions import TRAINING
from dataset_platform.assets.trained_checkpoint import trained_checkpoint
from dataset_platform.run_launcher import LAUNCHED_ON

SETTINGS = {
    "concurrency": {"pools": {"default_limit": 1, "granularity": "run"}},
    "run_launcher": {"module": "dataset_platform.run_launcher", "class": "WatchedRunLauncher"},
}
WAIT_S = 30


@pytest.fixture
def instance():
    with dg.instance_for_test(overrides=SETTINGS) as instance:
        yield instance


def job_of(body):
    @dg.asset(pool=TRAINING, name="model")
    def model(context: dg.AssetExecutionContext) -> None:
        pools.wait_for_slot(context, TRAINING)
        body()

    assets = dg.Definitions(assets=[model], jobs=[dg.define_asset_job("train", [model])])
    return assets.resolve_job_def("train")


@pytest.fixture
def holding(instance):
    """A run that a command started in its own process, and what lets it end."""
    began, may_end = threading.Event(), threading.Event()
    job = job_of(lambda: (began.set(), may_end.wait(WAIT_S)))
    command = threading.Thread(target=job.execute_in_process, kwargs={"instance": instance})
    command.start()
    assert began.wait(WAIT_S)
    yield may_end
    may_end.set()
    command.join(WAIT_S)


def test_a_run_of_the_command_line_waits_until_the_one_before_has_ended(instance, holding, monkeypatch):
    happened = []

    def wait(_):
        happened.append("waited")
        holding.set()
        threading.Event().wait(0.05)

    monkeypatch.setattr(pools, "time", SimpleNamespace(sleep=wait))
    assert job_of(lambda: happened.append("trained")).execute_in_process(instance=instance).success
    assert (happened[0], happened[-1], happened.count("trained")) == ("waited", "trained", 1)


@pytest.mark.usefixtures("holding")
def test_a_run_of_the_queue_waits_for_one_of_the_command_line(instance):
    (record,) = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    queued = instance.create_run_for_job(job_of(lambda: None))
    instance.event_log_storage.initialize_concurrency_limit_to_default(TRAINING)

    def is_blocked(in_progress):
        return GlobalOpConcurrencyLimitsCounter(
            instance,
            [queued],
            in_progress,
            concurrency_keys={TRAINING},
            pool_limits=instance.event_log_storage.get_pool_limits(),
            pool_granularity=PoolGranularity.RUN,
        ).is_blocked(queued)

    assert is_blocked([record])
    assert not is_blocked([])


@pytest.mark.usefixtures("holding")
def test_a_pool_with_two_slots_lets_two_run(instance):
    instance.event_log_storage.set_concurrency_slots(TRAINING, 2)
    assert job_of(lambda: None).execute_in_process(instance=instance).success


def test_a_killed_run_holds_no_slot(instance):
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    run = instance.create_run_for_job(
        job_of(lambda: None), status=dg.DagsterRunStatus.STARTED, tags={LAUNCHED_ON: platform.node()}
    )
    instance.report_engine_event("Started", run, EngineEventData.in_process(killed.pid))
    assert run.run_op_concurrency.all_pools == {TRAINING}
    assert job_of(lambda: None).execute_in_process(instance=instance).success


def test_a_training_is_in_the_pool():
    assert trained_checkpoint.op.pool == TRAINING
