"""A project of its own on this machine, and Dagster's processes that serve it: for load and endurance.

Its `dagster.yaml` is that of the folder that the benchmark is started in, unless another is given.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import dagster as dg
import psutil

from dataset_platform.bench.servers.server import free_ports
from dataset_platform.errors import UsageError

STOP_S, READY_S = 30.0, 180.0
OUTPUT = "output"  # not logs: the daemon takes a folder of that name for its own and removes it
CODE_SERVER, DAEMON, WEBSERVER = "code server", "daemon", "webserver"
DESCRIPTION = """\
name: {source}
description: Made for a benchmark.
files: ['*.jsonl']
reader: jsonl
turns:
  - {{shape: list, at: conversation, role: speaker}}
roles: {{Client: user, Therapist: assistant}}
stage: foundation
license: CC0-1.0
language: en
"""


class DagsterProject:
    """As a context it stops what still runs of it; the folder stays."""

    def __init__(
        self, path: Path, dagster_yaml: Path = Path("dagster.yaml"), more: Mapping[str, str] | None = None
    ) -> None:
        """`more` is what the processes need in their environment."""
        require_project(dagster_yaml)
        self.path, self.more = path.resolve(), more or {}
        self.ports = dict(zip((CODE_SERVER, WEBSERVER), free_ports(2), strict=True))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for folder in ("data/raw", "sources", "releases", OUTPUT):
            (self.path / folder).mkdir(parents=True, exist_ok=True)
        # Dagster takes folders in it from where a process was started, and this one was started elsewhere.
        there = dagster_yaml.read_text().replace(" .dagster/", f" {self.path}/.dagster/")
        (self.path / "dagster.yaml").write_text(there)
        location = {"location_name": "dataset_platform", "host": "127.0.0.1", "port": self.ports[CODE_SERVER]}
        lines = "".join(f"      {name}: {value}\n" for name, value in location.items())
        (self.path / "workspace.yaml").write_text(f"load_from:\n  - grpc_server:\n{lines}")

    # What lies there

    def landing(self, source: str) -> Path:
        return self.path / "data/raw" / source

    def describe(self, source: str) -> None:
        (self.path / f"sources/{source}.yaml").write_text(DESCRIPTION.format(source=source))

    @contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        with patched(self.more), dg.DagsterInstance.from_config(str(self.path)) as instance:
            yield instance

    # What runs there

    @property
    def environment(self) -> Mapping[str, str]:
        """This process's, without settings that would point to another project."""
        kept = ("DATASET_CACHE_DIR",)
        ours = {k: v for k, v in os.environ.items() if k in kept or not k.startswith("DATASET_")}
        return {**ours, **self.more, "DAGSTER_HOME": str(self.path), "PYTHONUNBUFFERED": "1"}

    def start(self, name: str) -> None:
        """Starts one of the three processes and, where it answers on a port, waits until it does."""
        with (self.path / f"{OUTPUT}/{name.replace(' ', '_')}.log").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                self._command(name),
                cwd=self.path,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        if name in self.ports:
            self._await(name)

    def dagster(self, *arguments: str) -> None:
        """Runs Dagster's own command line to its end; raises UsageError with its last line if it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "dagster", *arguments],
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UsageError(f"dagster {arguments[0]}: {done.stderr.strip().rpartition(chr(10))[2]}")

    def workers(self) -> list[psutil.Process]:
        """Processes that work on runs of this project, those that outlived their code server too."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                ours = process.environ().get("DAGSTER_HOME") == str(self.path)
                if ours and is_worker(process):
                    found.append(process)
        return sorted(found, key=lambda process: process.pid)

    def kill(self, name: str) -> None:
        """Kills the process and what serves with it, as the kernel would; workers of runs go on."""
        process = self.processes.pop(name)
        for one in serving(process.pid):
            with suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGKILL)
        process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for worker in self.workers():
            with suppress(psutil.NoSuchProcess):
                worker.kill()

    def _command(self, name: str) -> Sequence[str]:
        python = [sys.executable, "-m"]
        here = ["--host", "127.0.0.1", "--port", str(self.ports.get(name))]
        match name:
            case "code server":
                return [
                    *python,
                    "dagster",
                    "code-server",
                    "start",
                    *here,
                    "-m",
                    "dataset_platform.definitions",
                ]
            case "daemon":
                return [*python, "dagster._daemon", "run", "-w", "workspace.yaml"]
            case _:
                return [*python, "dagster_webserver", *here, "-w", "workspace.yaml"]

    def _await(self, name: str) -> None:
        deadline = time.monotonic() + READY_S
        while not _answers(self.ports[name]):
            if self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise UsageError(f"the {name} does not answer; see {self.path / OUTPUT}")
            time.sleep(0.5)


def require_project(dagster_yaml: Path) -> None:
    """Raises UsageError where the file is not: a benchmark was started outside of a project."""
    if not dagster_yaml.exists():
        raise UsageError(f"no {dagster_yaml} here: start the benchmark in the project's folder")


@contextmanager
def patched(more: Mapping[str, str]) -> Iterator[None]:
    """This process's environment with more in it, for the block."""
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def serving(pid: int) -> list[psutil.Process]:
    """The process and those below it that serve with it: all but workers of runs, and what those started."""
    try:
        process = psutil.Process(pid)
        below = process.children()
    except psutil.NoSuchProcess:
        return []
    found = [process]
    for child in below:
        with suppress(psutil.NoSuchProcess):
            if not is_worker(child):
                found += serving(child.pid)
    return found


def is_worker(process: psutil.Process) -> bool:
    """Whether the process works on a run, or for one: Dagster's code server spawns those.

    In the moment of its start, or of its end, a process has no command line: it does not serve either.
    """
    command = process.cmdline()
    return not command or "multiprocessing" in " ".join(command)


def _answers(port: int) -> bool:
    import socket

    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
