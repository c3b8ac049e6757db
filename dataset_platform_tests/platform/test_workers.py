"""Worker processes: what they give is what this process would give, and none outlives it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from dagster._utils.error import serializable_error_info_from_exc_info

from dataset_platform import run_errors, workers
from dataset_platform.errors import RunFailed, unquoted

REPOSITORY = Path(__file__).parents[2]
PROCESSES = workers.processes
KILLED_WHILE_WORKERS_WAIT = """
import os, signal
from dataset_platform import run_errors, workers

if __name__ == "__main__":
    pool = workers.own_pool()
    print(*{pool.submit(os.getpid).result() for _ in range(9)}, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


ENDS_AS_COMMANDS_DO = """
import pyarrow as pa
from dataset_platform import cli, workers
from dataset_platform_tests.platform.test_workers import process_id

if __name__ == "__main__":
    workers.processes = lambda: 2
    rows = pa.RecordBatch.from_arrays([pa.array(["a"])], ["text"])
    cli.main = lambda: workers.in_worker(process_id, rows, "tells")
    cli.run()
"""


@pytest.fixture(autouse=True)
def two_processors(monkeypatch) -> None:
    monkeypatch.setattr(workers, "processes", lambda: 2)


def test_a_worker_gets_the_rows_of_a_slice_and_gives_back_what_was_made_of_them() -> None:
    rows = pa.RecordBatch.from_arrays([pa.array(["a", "bc", None, "def"])], ["text"]).slice(1)
    made = workers.in_worker(partial(lengths, more=1), rows, "counts")
    assert made.to_pylist() == [3, None, 4]


def test_a_worker_that_is_killed_is_one_clear_error_and_the_next_work_is_done() -> None:
    rows = pa.RecordBatch.from_arrays([pa.array(["a"])], ["text"])
    with pytest.raises(RunFailed, match=r"process that dies was killed, .* Run again with"):
        workers.in_worker(die, rows, "dies")
    assert workers.in_worker(partial(lengths, more=0), rows, "counts").to_pylist() == [1]


def test_an_error_in_a_worker_is_told_as_one_of_this_process() -> None:
    rows = pa.RecordBatch.from_arrays([pa.array(["a"])], ["text"])
    with pytest.raises(FileNotFoundError) as raised:
        workers.in_worker(open_nothing, rows, "reads")
    told = run_errors.error_of(serializable_error_info_from_exc_info(raised._excinfo), "r1", "a step")
    assert str(told).startswith("a step stopped on FileNotFoundError ([Errno 2] No such file or directory")


def test_an_error_in_a_worker_says_where_it_was_raised() -> None:
    rows = pa.RecordBatch.from_arrays([pa.array(["a"])], ["text"])
    with pytest.raises(RunFailed, match=r"^ValueError at .*test_workers\.py:\d+ quote_text$"), unquoted():
        workers.in_worker(quote_text, rows, "reads")


def test_a_command_that_had_workers_ends_without_a_word_of_them(tmp_path: Path) -> None:
    with (tmp_path / "told").open("w") as told:
        subprocess.run(
            [sys.executable, "-c", ENDS_AS_COMMANDS_DO], stderr=told, check=True, cwd=REPOSITORY, timeout=60
        )
        give_up = time.monotonic() + 20
        while tracker_of(told.name) and time.monotonic() < give_up:
            time.sleep(0.1)
    assert (tmp_path / "told").read_text() == ""


def test_workers_end_soon_after_their_parent_was_killed(tmp_path: Path) -> None:
    with (tmp_path / "pids").open("w") as said:  # a pipe would be open as long as the workers live
        killed = subprocess.Popen([sys.executable, "-c", KILLED_WHILE_WORKERS_WAIT], stdout=said)
        assert killed.wait(timeout=60) == -signal.SIGKILL
    left = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    give_up = time.monotonic() + 20
    while any(map(psutil.pid_exists, left)) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert left
    assert not any(map(psutil.pid_exists, left))


def test_there_are_as_many_as_processors_but_no_more_than_memory_holds(monkeypatch) -> None:
    monkeypatch.setattr(workers.loky, "cpu_count", lambda: 16)
    for free, many in ((2**40, 16), (4 * 2**30, 4), (3 * 2**30, 2), (2**20, 1)):
        monkeypatch.setattr(workers.memory, "available", lambda free=free: free)
        assert PROCESSES.__wrapped__() == many


def test_a_machine_with_room_for_one_process_works_in_this_one(monkeypatch) -> None:
    monkeypatch.setattr(workers, "processes", lambda: 1)
    rows = pa.RecordBatch.from_arrays([pa.array(["a"])], ["text"])
    assert workers.in_worker(process_id, rows, "tells").to_pylist() == [os.getpid()]


def process_id(_: pa.RecordBatch) -> pa.Array:
    return pa.array([os.getpid()])


def lengths(rows: pa.RecordBatch, more: int) -> pa.Array:
    return pc.add(pc.utf8_length(rows["text"]), more)


def open_nothing(_: pa.RecordBatch) -> pa.Array:
    return open("/nowhere/to/be/found")


def quote_text(rows: pa.RecordBatch) -> pa.Array:
    raise ValueError(f"cannot work on {rows['text'][0]}")


def tracker_of(path: str) -> list[int]:
    """Processes that have the file open still: loky's tracker writes when all others are gone."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if Path(f"/proc/{process.pid}/fd/2").samefile(path):
                found.append(process.pid)
    return found


def die(_: pa.RecordBatch) -> pa.Array:
    os.kill(os.getpid(), signal.SIGKILL)
