"""What happens is decided by the seed, and what was missed, doubled or grew is told."""

import itertools
import os
import subprocess
import sys

import pytest

from dataset_platform.bench import soaking_plan
from dataset_platform.bench.dagster_project import DagsterProject, patched, serving
from dataset_platform.bench.soaking import CODE_SERVER, DAEMON, HOUR_S, Sample, compare, growth, memory_rows
from dataset_platform.bench.soaking_plan import Event, Happening, Landing
from dataset_platform_tests.pipeline.project import REPOSITORY


@pytest.fixture
def clock(monkeypatch):
    """A clock that only pauses move."""
    now = [0.0]
    monkeypatch.setattr(soaking_plan.time, "time", lambda: now[0])

    def pause(seconds):
        now[0] += seconds

    return pause


def events(folder, pause, seed=7):
    return [*Landing(DagsterProject(folder, REPOSITORY / "dagster.yaml"), seed, pause).events(2 * HOUR_S)]


def test_the_same_seed_gives_the_same_events_and_digests(tmp_path, clock, monkeypatch):
    first = events(tmp_path / "a", clock)
    monkeypatch.setattr(soaking_plan.time, "time", itertools.count(0, 115).__next__)
    second = [e.records for e in events(tmp_path / "b", lambda _: None)]
    shared = min(len(first), len(second))
    assert shared > 10
    assert [e.records for e in first][:shared] == second[:shared]


def test_all_that_may_happen_happens_and_a_source_is_left_alone_for_a_while(tmp_path, clock):
    found = events(tmp_path, clock)
    assert {event.happening for event in found} == set(Happening)
    assert found[0].source == "source_0"
    for four in zip(*(found[i:] for i in range(4)), strict=False):
        assert len({event.source for event in four}) == 4
    left = [event for event in found if event.happening is Happening.LEAVES]
    assert {(event.files, event.records) for event in left} == {(0, "")}
    assert all(event.source != "source_0" for event in left)


def event(number, source, records):
    return Event(number, float(number), source, Happening.CHANGES, 1, records)


EVENTS = [event(1, "a", "one"), event(2, "b", "two"), event(3, "a", "three"), event(4, "b", "")]


def test_each_state_found_once_is_well():
    compared = compare(EVENTS, {"a": ["one", "three"], "b": ["two"]})
    assert (compared.expected, compared.broken) == (3, "")


@pytest.mark.parametrize(
    ("found", "broken"),
    [
        ({"a": ["one"], "b": ["two"]}, "missed a three"),
        ({"a": ["one", "three", "three"], "b": ["two"]}, "done twice a three"),
        ({"a": ["three", "one"], "b": ["two"]}, "missed a: found in another order"),
        ({"a": ["one", "three"], "b": ["two"], "c": ["four"]}, "done twice c four"),
    ],
)
def test_what_is_missed_doubled_or_out_of_order_is_told(found, broken):
    assert compare(EVENTS, found).broken == broken


def samples(per_hour):
    return [
        Sample(at, {DAEMON: 100 + per_hour * at / HOUR_S, CODE_SERVER: 300.0}, 0)
        for at in range(0, int(2 * HOUR_S), 30)
    ]


@pytest.mark.parametrize(("per_hour", "verdict"), [(0.0, "met"), (9.0, "met"), (20.0, "missed")])
def test_memory_that_grows_is_told(per_hour, verdict):
    daemon, code_server = growth(samples(per_hour))
    assert daemon == f"daemon: {per_hour:+.1f} MB/h, target ≤ 10: {verdict}"
    assert code_server.endswith("met")


def test_what_was_taken_before_it_settled_does_not_count():
    warming = [Sample(s.at, {**s.mb, DAEMON: 10.0}, 0) if s.at < 900 else s for s in samples(0.0)]
    assert growth(warming)[0].endswith("met")
    assert growth(samples(0.0)[:2]) == ["too few samples for a slope of memory"]


def test_memory_is_shown_over_time():
    daemon, _ = memory_rows(samples(8.0))
    assert [daemon["15 min"], daemon["120 min"]] == [101.0, 115.0]


def test_what_serves_is_told_apart_from_what_works_on_a_run():
    spawns = (
        "import multiprocessing, sys\n"
        "if __name__ == '__main__':\n"
        "    worker = multiprocessing.get_context('spawn').Process(target=input)\n"
        "    worker.start(); print(worker.pid, flush=True); sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", spawns],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.stdout.readline()
        assert [found.pid for found in serving(process.pid)] == [process.pid]
    finally:
        process.communicate(b"")


def test_an_environment_is_put_back(monkeypatch):
    monkeypatch.setenv("THERE", "before")
    monkeypatch.delenv("NOT_THERE", raising=False)
    with patched({"THERE": "meanwhile", "NOT_THERE": "meanwhile"}):
        pass
    assert (os.environ["THERE"], os.environ.get("NOT_THERE")) == ("before", None)
