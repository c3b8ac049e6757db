"""A Ray head with its job server on this machine's loopback interface, ended by process id."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from dataset_platform.bench.servers.server import free_ports

REPOSITORY = Path(__file__).resolve().parents[2]
STARTED_WITHIN_S = 60
QUIET = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
OPEN = {"RAY_AUTH_MODE": "disabled"}  # a token in the home of who runs the tests would close it


@contextmanager
def ray_head(environment: Mapping[str, str]) -> Iterator[str]:
    """The address of its job server; jobs get `environment`."""
    client, dashboard = free_ports(2)
    address = f"http://127.0.0.1:{dashboard}"
    python = Path(sys.executable).parent
    with (
        tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder,
        Path(folder, "said").open("w+") as said,
    ):
        head = subprocess.Popen(
            [
                python / "ray", "start", "--head", "--block", "--node-ip-address=127.0.0.1", "--port=0",
                "--include-dashboard=true", "--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}",
                "--dashboard-agent-listen-port=0", f"--ray-client-server-port={client}", "--num-cpus=1",
                "--min-worker-port=0", "--max-worker-port=0", "--object-store-memory=80000000",
                f"--temp-dir={folder}", "--disable-usage-stats",
            ],
            cwd=folder,
            env={
                **os.environ, **QUIET, **OPEN, **environment,
                "PATH": f"{python}:{os.environ['PATH']}", "PYTHONPATH": str(REPOSITORY),
            },
            stdout=said,
            stderr=said,
        )  # fmt: skip
        try:
            _wait_for(head, address)
            yield address
            assert head.poll() is None, "the Ray head ended by itself"
        except BaseException:
            said.seek(0)
            print(said.read())
            raise
        finally:
            if head.poll() is None:
                _end(psutil.Process(head.pid))
            head.wait(10)


def _end(head: psutil.Process) -> None:
    processes = [*head.children(recursive=True), head]
    for process in processes:
        if process.is_running():
            process.kill()
    psutil.wait_procs(processes, 10)


def _wait_for(head: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < until and head.poll() is None:
        try:
            if requests.get(f"{address}/api/jobs/", timeout=5).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.5)
    raise RuntimeError("the Ray head did not start")
