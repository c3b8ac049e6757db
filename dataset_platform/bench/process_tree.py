"""Runs a command and measures its whole process tree.

CPU seconds are those of `wait4`, the process and all descendants that were waited for, or the sum of what
every process of the tree had taken when it was last looked at, if that is more: workers of loky are not all
waited for. Memory is sampled, because `wait4` knows only the largest single process of a tree (and counts
what the parent had resident when it forked). A sample is the sum over the tree of the proportional set size,
which divides a page that several processes share among them; a sum of resident sizes would count it once
each. As samples miss short peaks, the peak is at least the kernel's high-water mark of any single process.
Pages of files that are mapped count while they are resident, as they do in any such figure.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from dataset_platform.bench.contestant import Failed

POLL_S = 0.01
SAMPLE_EVERY_S = 0.05
QUIET_SHARE = 20  # a sample walks page tables: wait at least 20 times the CPU time of the last one


@dataclass(frozen=True)
class Usage:
    """What a finished process tree took."""

    status: int
    wall_s: float
    cpu_s: float
    peak_bytes: int


def run_measured(
    command: Sequence[str], environment: Mapping[str, str], errors: Path, limit_s: float
) -> Usage:
    """The usage of the command, whose standard error goes to `errors`; nothing of it runs on afterwards.

    Raises Failed when it is not done after `limit_s` seconds.
    """
    with errors.open("wb") as stream:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stream,
            start_new_session=True,  # a group of its own, to be stopped as a whole
        )
        try:
            return _watch(process, started, limit_s)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _watch(process: "subprocess.Popen[bytes]", started: float, limit_s: float) -> Usage:
    tree, next_sample = _Tree(process.pid), started
    while True:
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        now = time.perf_counter()
        if ended:
            process.returncode = os.waitstatus_to_exitcode(status)
            cpu_s = max(used.ru_utime + used.ru_stime, sum(tree.cpu_s.values()))
            return Usage(process.returncode, now - started, cpu_s, tree.peak)
        if now - started > limit_s:
            raise Failed(f"stopped after {limit_s:.0f} s")
        if now >= next_sample:
            before = time.thread_time()
            tree.look()
            took = time.thread_time() - before
            next_sample = now + max(SAMPLE_EVERY_S, QUIET_SHARE * took)
        time.sleep(POLL_S)


@dataclass
class _Tree:
    """What a process and its descendants were seen to take: most bytes at once, CPU seconds by process."""

    root: int
    peak: int = 0
    cpu_s: dict[int, float] = field(default_factory=dict)

    def look(self) -> None:
        """Takes note of what they have and took now, and of the largest single process so far."""
        try:
            root = psutil.Process(self.root)
            tree = [root, *root.children(recursive=True)]
        except psutil.Error:
            return
        self.peak = max(self.peak, sum(map(_now, tree)), *map(_high_water, tree))
        for process in tree:
            with suppress(psutil.Error):
                times = process.cpu_times()
                self.cpu_s[process.pid] = times.user + times.system


def _now(process: psutil.Process) -> int:
    try:
        used = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(used, "pss", used.rss))


def _high_water(process: psutil.Process) -> int:
    """The kernel's own mark; 0 where it keeps none (Linux does)."""
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
