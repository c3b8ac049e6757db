"""Whoever takes rows slowly has few of them in memory, and all of them in order."""

import os
import subprocess
import sys
import textwrap
import time
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import daft
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from daft import col
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform import streaming
from dataset_platform.quality.chunks import bounded_tables
from dataset_platform.storage import tables
from dataset_platform.storage.contracts import broken_rules
from dataset_platform.storage.tables import write_table
from dataset_platform.streaming import streamed
from dataset_platform_tests.platform.counting import READ, counted

THREADS = [1, 2, 32]
# Each of them may have a file in hand.
FILES, ROWS = 40 + 4 * max(os.cpu_count() or 1, *THREADS), 10_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("numbers")
    for file in range(FILES):
        pq.write_table(pa.table({"n": range(ROWS * file, ROWS * (file + 1))}), folder / f"{file:03}.parquet")
    return folder


@pytest.fixture
def frame(folder):
    READ.clear()
    return daft.read_parquet([f"{folder}/{file:03}.parquet" for file in range(FILES)]).select(
        counted(col("n"))
    )


def test_all_rows_arrive_in_order(frame):
    with streamed(frame) as batches:
        assert [n for batch in batches for n in batch["n"].to_pylist()] == [*range(FILES * ROWS)]


@settings(max_examples=25, deadline=None)
@given(
    files=st.lists(st.integers(1, 3_000), min_size=1, max_size=6),
    group=st.sampled_from([50, 700, 5_000]),
    morsel=st.sampled_from([64, 512, 4_096]),
    one_in=st.sampled_from([1, 3, 500]),
    pauses=st.lists(st.booleans(), max_size=20),
)
def test_order_and_number_are_kept_however_rows_come_and_are_taken(files, group, morsel, one_in, pauses):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(streaming, "MORSEL_ROWS", morsel)
        patched.setattr(streaming, "ROOM_ROWS", 4 * morsel)
        paths, rows = [], 0
        for number, size in enumerate(files):
            paths.append(f"{folder}/{number}.parquet")
            pq.write_table(pa.table({"n": range(rows, rows + size)}), paths[-1], row_group_size=group)
            rows += size
        kept = daft.read_parquet(paths).where(col("n") % one_in == 0)
        taken, pause = [], chain(pauses, repeat(False))
        with streamed(kept) as batches:
            for batch in batches:
                time.sleep(0.01 * next(pause))
                taken += batch["n"].to_pylist()
    assert taken == [*range(0, rows, one_in)]


def taken_slowly(batches):
    next(iter(batches))
    time.sleep(0.3)
    assert READ["rows"] < FILES * ROWS / 2
    return []


def test_no_more_is_read_than_is_taken_but_for_a_few_batches(frame):
    with streamed(frame) as batches:
        taken_slowly(batches)


def test_a_contract_is_held_against_no_more_than_a_few_batches_at_a_time(frame):
    contract = SimpleNamespace(violations=taken_slowly, key=(), turns=None)
    assert broken_rules(frame, contract) == []


def test_a_table_is_written_from_no_more_than_a_few_batches_at_a_time(frame, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "write_batches", lambda batches, *_: taken_slowly(batches))
    write_table(frame, SimpleNamespace(names=["n"]), tmp_path)


def test_a_release_is_judged_by_no_more_than_a_few_batches_at_a_time(frame):
    taken_slowly(bounded_tables(frame))


BEGINNING = """
import os, sys, time
import daft
from daft import col
from dataset_platform.streaming import streamed
from dataset_platform_tests.platform.counting import READ, counted

daft.set_runner_native(num_threads=int(sys.argv[1]))
FILES = [f"{sys.argv[2]}/{number:03}.parquet" for number in range(int(sys.argv[3]))]


def frame():
    return daft.read_parquet(FILES).select(counted(col("n")))

"""


# As commands end: threads of Daft do not outlive the end of an interpreter well.
ENDING = "sys.stdout.flush()\nos._exit(0)\n"


def printed(program: str, threads: int, folder: Path) -> list[str]:
    """What a program prints that runs with so many threads; fails where it takes a minute."""
    arguments = map(str, (threads, folder, FILES))
    ran = subprocess.run(
        [sys.executable, "-c", BEGINNING + textwrap.dedent(program) + ENDING, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stderr == ""
    return ran.stdout.split()


@pytest.mark.parametrize("threads", THREADS)
def test_whoever_stays_slow_has_few_rows_waiting_on_any_number_of_processors(folder, threads):
    program = """
    most = taken = 0
    with streamed(frame()) as batches:
        for batch in batches:
            taken += batch.num_rows
            if taken < 200_000:
                time.sleep(0.05)
                most = max(most, READ["rows"] - taken)
    print(most, taken)
    """
    most, taken = map(int, printed(program, threads, folder))
    assert taken == FILES * ROWS
    assert most <= streaming.ROOM_ROWS + (2 * threads + 8) * ROWS


@pytest.mark.parametrize("threads", THREADS)
def test_another_frame_may_run_while_rows_are_taken(folder, threads):
    program = """
    taken = 0
    with streamed(frame()) as batches, streamed(frame()) as others:
        for batch, other in zip(batches, others):
            taken += batch.num_rows
            if taken < 50_000:
                even = daft.read_parquet(FILES).where(col("n") % 2 == 0)
                assert even.count_rows() * 2 == 10_000 * len(FILES)
    print(taken)
    """
    assert printed(program, threads, folder) == [str(FILES * ROWS)]


@pytest.mark.parametrize("threads", THREADS)
def test_a_failure_of_who_takes_rows_holds_up_no_other_frame(folder, threads):
    program = """
    def fail():
        with streamed(frame()) as batches:
            next(batches)
            time.sleep(0.1)
            raise ValueError

    try:
        fail()
    except ValueError:
        print(daft.read_parquet(FILES).count_rows())
    """
    assert printed(program, threads, folder) == [str(FILES * ROWS)]


def test_a_plan_ends_where_its_rows_are_not_taken_any_more(frame):
    with streamed(frame) as batches:
        next(batches)
    assert READ["rows"] < FILES * ROWS / 2
