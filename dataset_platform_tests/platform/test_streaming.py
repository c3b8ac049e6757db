"""Whoever takes rows slowly has few of them in memory, and all of them in order."""

import os
import time
from itertools import chain, repeat
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

# Each processor may have a file in hand.
FILES, ROWS = 40 + 4 * (os.cpu_count() or 1), 10_000


@pytest.fixture
def frame(tmp_path):
    paths = [tmp_path / f"{file:02}.parquet" for file in range(FILES)]
    for file, path in enumerate(paths):
        pq.write_table(pa.table({"n": range(ROWS * file, ROWS * (file + 1))}), path)

    READ.clear()
    return daft.read_parquet([str(path) for path in paths]).select(counted(col("n")))


def test_all_rows_arrive_in_order(frame):
    assert [n for batch in streamed(frame) for n in batch["n"].to_pylist()] == [*range(FILES * ROWS)]


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
        for batch in streamed(kept):
            time.sleep(0.01 * next(pause))
            taken += batch["n"].to_pylist()
    assert taken == [*range(0, rows, one_in)]


def taken_slowly(batches):
    next(iter(batches))
    time.sleep(0.3)
    assert READ["rows"] < FILES * ROWS / 2
    return []


def test_no_more_is_read_than_is_taken_but_for_a_few_batches(frame):
    batches = streamed(frame)
    taken_slowly(batches)
    batches.close()


def test_a_contract_is_held_against_no_more_than_a_few_batches_at_a_time(frame):
    contract = SimpleNamespace(violations=taken_slowly, key=(), turns=None)
    assert broken_rules(frame, contract) == []


def test_a_table_is_written_from_no_more_than_a_few_batches_at_a_time(frame, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "write_batches", lambda batches, *_: taken_slowly(batches))
    write_table(frame, SimpleNamespace(names=["n"]), tmp_path)


def test_a_release_is_judged_by_no_more_than_a_few_batches_at_a_time(frame):
    taken_slowly(bounded_tables(frame))


def test_rows_that_are_read_by_another_frame_meanwhile_come_in_the_end(frame, monkeypatch):
    monkeypatch.setattr(streaming, "LONGEST_WAIT_S", 0.2)
    batches = streamed(frame)
    next(batches)
    assert frame.count_rows() == FILES * ROWS
    batches.close()
