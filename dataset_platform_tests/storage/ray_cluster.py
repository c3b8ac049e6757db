"""A Ray cluster on this machine's loopback interface, in processes of its own: a head and two workers.

The head computes nothing, as on Kubernetes, so either worker may be killed. Started as a module it
prints where the cluster is and ends with its standard input.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
MEMORY = 2_000_000_000
OBJECTS = 150_000_000


@dataclass
class RayCluster:
    """Running while its block does; `workers` are the process ids of the worker nodes' raylets."""

    environment: Mapping[str, str]
    address: str = ""
    workers: tuple[int, ...] = ()
    token: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True)
        self._host = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=self._folder.name,
            env=os.environ
            | {
                "PYTHONPATH": str(REPOSITORY),
                "RAY_TMPDIR": self._folder.name,
                "RAY_USAGE_STATS_ENABLED": "0",
                # Ray's own switch for machines that are to listen on the loopback interface only.
                "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
            }
            | self._token
            | self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        said = json.loads(self._host.stdout.readline())
        self.address, self.workers = said["address"], tuple(said["workers"])
        return self

    def __exit__(self, *_: object) -> None:
        """Ends every process of the cluster, by its id, also those whose node was killed."""
        processes = psutil.Process(self._host.pid).children(recursive=True)
        self._host.stdin.close()
        try:
            self._host.wait(20)
        except subprocess.TimeoutExpired:
            self._host.kill()
        for process in processes:
            if process.is_running():
                process.kill()
        psutil.wait_procs(processes, 10)
        self._folder.cleanup()

    @property
    def driver(self) -> dict[str, str]:
        """What a process needs in its environment to compute here."""
        return {
            "DATASET_ENGINE": "ray",
            "RAY_ADDRESS": self.address,
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
            **self._token,
        }

    @property
    def _token(self) -> dict[str, str]:
        return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self.token}

    def computing(self) -> list[int]:
        """The worker nodes on which a batch function runs just now."""
        return [pid for pid in self.workers if psutil.pid_exists(pid) and _computes(psutil.Process(pid))]


def _computes(raylet: psutil.Process) -> bool:
    """Ray gives its processes the name of the part of the plan that they work on."""
    return any("UDF" in _command_of(process) for process in raylet.children(recursive=True))


def _command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it has just ended
        return ""


def _serve() -> None:
    from ray.cluster_utils import Cluster

    common = {
        "node_ip_address": "127.0.0.1",
        "include_dashboard": False,
        "object_store_memory": OBJECTS,
        "memory": MEMORY,
    }
    os.makedirs(Path(os.environ["RAY_TMPDIR"]) / "ray", exist_ok=True)
    cluster = Cluster()
    cluster.add_node(num_cpus=0, **common)
    nodes = [cluster.add_node(num_cpus=1, **common) for _ in range(2)]
    raylets = [node.all_processes["raylet"][0].process.pid for node in nodes]
    print(json.dumps({"address": cluster.address, "workers": raylets}), flush=True)
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    _serve()
