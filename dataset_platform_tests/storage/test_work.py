"""Work is done once, committed whole, and found damaged when it is."""

import multiprocessing
import os
import signal
import time

import pytest

from dataset_platform.errors import VerificationFailed
from dataset_platform.storage.local import LocalStore
from dataset_platform.storage.work import Work, commit, open_folder, read_manifest

PREFIX = "processed/asset/all"


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path)


def writing(content, counter=None, **inputs):
    def build(folder):
        if counter is not None:
            counter.append(content)
        (folder / "report.json").write_text(content)

    return Work(inputs=inputs or {"content": content}, build=build)


def test_a_result_is_read_back_with_its_inputs(store):
    manifest, reused = commit(store, PREFIX, writing("one"))
    folder = open_folder(store, PREFIX)
    assert (folder.path / "report.json").read_text() == "one"
    assert folder.manifest == manifest
    assert folder.manifest.inputs == {"content": "one"}
    assert not reused


def test_the_same_work_is_not_done_twice(store):
    done = []
    commit(store, PREFIX, writing("one", done))
    _, reused = commit(store, PREFIX, writing("one", done))
    assert reused
    assert done == ["one"]


def test_other_inputs_are_other_work(store):
    done = []
    commit(store, PREFIX, writing("one", done, source="a"))
    commit(store, PREFIX, writing("two", done, source="b"))
    assert done == ["one", "two"]
    assert (open_folder(store, PREFIX).path / "report.json").read_text() == "two"


def test_equal_results_have_equal_digests_whatever_they_were_made_from(store):
    first, _ = commit(store, PREFIX, writing("same", source="a"))
    second, _ = commit(store, PREFIX, writing("same", source="b"))
    assert first.key != second.key
    assert first.digest == second.digest


@pytest.mark.parametrize("damage", [lambda path: path.write_text("oNe"), lambda path: path.unlink()])
def test_a_damaged_result_is_refused_by_name(store, damage):
    commit(store, PREFIX, writing("one"))
    damage(open_folder(store, PREFIX).path / "report.json")
    with pytest.raises(VerificationFailed, match=r"report\.json differ"):
        open_folder(store, PREFIX)


def test_nothing_is_there_before_the_first_commit(store):
    assert open_folder(store, PREFIX) is None


def test_a_failing_build_leaves_the_old_result(store):
    commit(store, PREFIX, writing("old"))

    def fail(folder):
        (folder / "report.json").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        commit(store, PREFIX, Work({"content": "new"}, fail))
    assert (open_folder(store, PREFIX).path / "report.json").read_text() == "old"


def _commit_for_ever(root):
    store = LocalStore(root)
    for number in range(1_000_000):

        def build(folder, number=number):
            for part in range(3):
                (folder / f"part-{part}").write_text(str(number) * 5_000)

        commit(store, PREFIX, Work({"number": str(number)}, build))


def test_a_killed_writer_leaves_a_whole_result(tmp_path):
    """SIGKILL at twelve moments: what readers see is always one whole result, old or new."""
    context = multiprocessing.get_context("fork")
    for attempt in range(12):
        writer = context.Process(target=_commit_for_ever, args=(tmp_path,))
        writer.start()
        deadline = time.monotonic() + 20
        while read_manifest(LocalStore(tmp_path), PREFIX) is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.013 * attempt)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        folder = open_folder(LocalStore(tmp_path), PREFIX)
        parts = {path.read_text() for path in folder.path.iterdir()}
        assert len(parts) == 1
