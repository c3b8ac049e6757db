"""Launches runs as Dagster's default launcher does, and knows when the worker of one is gone.

With the default launcher only the code server knows its workers. When both die, by a kill or a power cut, the
run says "started" for ever, and all later runs of its partition wait for it. `dagster.yaml` names this one;
with it the daemon's run monitoring fails such a run, and run retries start it anew.
"""

import platform

import dagster as dg
import psutil
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster_shared.serdes import deserialize_value
from dagster_shared.seven import json

LAUNCHED_ON = "launched_on"
"""Tag of a run that a command works on in its own process: the name of the command's machine."""
HERE = ("localhost", "127.0.0.1")
CLOCK_S = 2.0  # a process begins before it says so, but for what clocks round


class WatchedRunLauncher(dg.DefaultRunLauncher):
    """Needs no configuration."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the process that works on a started run is there.

        On this machine the process itself is looked for: a worker outlives its code server. For a code server
        elsewhere, which is a container, the server is asked: workers do not outlive that. While the server
        does not answer, nobody is told gone: that raises, and leaves the run as it is until the next look.
        """
        server = json.loads(run.tags[GRPC_INFO_TAG]) if GRPC_INFO_TAG in run.tags else None
        if server is None and run.tags.get(LAUNCHED_ON) != platform.node():
            return CheckRunHealthResult(WorkerStatus.RUNNING, "a command on another machine works on it")
        if server is None or server.get("socket") or server.get("host") in HERE:
            return self._look_for_process(run)
        return self._ask_server(run, f"{server['host']}:{server['port']}")

    def _look_for_process(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        events = self._instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
        told = [
            (int(str(event.dagster_event.engine_event_data.metadata["pid"].value)), event.timestamp)
            for event in events
            if event.dagster_event and "pid" in event.dagster_event.engine_event_data.metadata
        ]
        if not told or any(map(_is_alive, *zip(*told, strict=True))):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        self._require_server(run)
        return CheckRunHealthResult(WorkerStatus.FAILED, f"process {told[-1][0]} is gone")

    def _require_server(self, run: dg.DagsterRun) -> None:
        """Raises while the run's code server is away: Dagster tries to start it anew once, and just now."""
        client = self._get_grpc_client_for_termination(run.run_id)
        if client is not None:
            client.ping("is it back?")

    def _ask_server(self, run: dg.DagsterRun, server: str) -> CheckRunHealthResult:
        client = self._get_grpc_client_for_termination(run.run_id)
        if client is None:  # it has ended meanwhile
            return CheckRunHealthResult(WorkerStatus.SUCCESS)
        answer = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id))
        if deserialize_value(answer, CanCancelExecutionResult).can_cancel:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, f"the code server {server} has no worker for it")


def _is_alive(pid: int, told: float) -> bool:
    """Whether that process runs and is not another one that was given its number later."""
    try:
        process = psutil.Process(pid)
        return process.create_time() <= told + CLOCK_S and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
