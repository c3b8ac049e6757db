"""Whether the process that works on a run is there: told of processes of this machine and of code servers."""

import os
import platform
import subprocess
import sys

import dagster as dg
import pytest
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.events import EngineEventData
from dagster._core.launcher.base import WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._core.test_utils import create_run_for_test
from dagster._grpc.types import CanCancelExecutionResult
from dagster_shared.serdes import serialize_value

from dataset_platform.bench.servers.server import free_ports
from dataset_platform.run_launcher import LAUNCHED_ON, WatchedRunLauncher

PING = "dagster._grpc.client.DagsterGrpcClient.ping"
(FREE_PORT,) = free_ports(1)
HERE = {GRPC_INFO_TAG: f'{{"host": "127.0.0.1", "port": {FREE_PORT}}}'}
ELSEWHERE = {GRPC_INFO_TAG: '{"host": "code", "port": 4000}'}


@pytest.fixture
def launcher():
    with dg.instance_for_test() as instance:
        launcher = WatchedRunLauncher()
        launcher.register_instance(instance)
        yield launcher


def started(launcher, tags, pid=None):
    """A started run, on which the process works that has the number."""
    run = create_run_for_test(launcher._instance, tags=tags, status=dg.DagsterRunStatus.STARTED)
    if pid:
        launcher._instance.report_engine_event("Started", run, EngineEventData.in_process(pid))
    return run


def gone():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_daemon_may_ask_it(launcher):
    assert launcher.supports_check_run_worker_health


def test_a_process_that_runs_is_well(launcher):
    run = started(launcher, HERE, os.getpid())
    assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING


def test_a_process_that_is_gone_is_told_once_the_code_server_is_back(launcher, monkeypatch):
    pid = gone()
    with pytest.raises(DagsterUserCodeUnreachableError):
        launcher.check_run_worker_health(started(launcher, HERE, pid))
    monkeypatch.setattr(PING, lambda *_: {})
    health = launcher.check_run_worker_health(started(launcher, HERE, pid))
    assert (health.status, health.msg) == (WorkerStatus.FAILED, f"process {pid} is gone")


def test_another_process_that_was_given_the_number_later_is_not_taken_for_it(launcher, monkeypatch):
    monkeypatch.setattr("psutil.Process.create_time", lambda _: 4e9)
    monkeypatch.setattr(PING, lambda *_: {})
    run = started(launcher, HERE, os.getpid())
    assert launcher.check_run_worker_health(run).status is WorkerStatus.FAILED


def test_a_run_that_has_not_said_its_process_is_left_alone(launcher):
    assert launcher.check_run_worker_health(started(launcher, HERE)).status is WorkerStatus.RUNNING


def test_a_command_of_this_machine_that_was_killed_is_told(launcher):
    run = started(launcher, {LAUNCHED_ON: platform.node()}, gone())
    assert launcher.check_run_worker_health(run).status is WorkerStatus.FAILED


def test_a_command_of_another_machine_is_left_alone(launcher):
    run = started(launcher, {LAUNCHED_ON: "another-machine"}, gone())
    assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING


@pytest.mark.parametrize(("knows", "status"), [(True, WorkerStatus.RUNNING), (False, WorkerStatus.FAILED)])
def test_a_code_server_elsewhere_is_asked(launcher, monkeypatch, knows, status):
    answer = serialize_value(CanCancelExecutionResult(can_cancel=knows))
    monkeypatch.setattr("dagster._grpc.client.DagsterGrpcClient.can_cancel_execution", lambda *_: answer)
    assert launcher.check_run_worker_health(started(launcher, ELSEWHERE, gone())).status is status


def test_a_code_server_that_does_not_answer_leaves_the_run_as_it_is(launcher, monkeypatch):
    def fail(*_):
        raise ConnectionError("no answer")

    monkeypatch.setattr("dagster._grpc.client.DagsterGrpcClient.can_cancel_execution", fail)
    with pytest.raises(ConnectionError):
        launcher.check_run_worker_health(started(launcher, ELSEWHERE))
