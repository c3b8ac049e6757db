"""What the harness measures is what happened, and one contestant's fate is no other's."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from dataset_platform.bench.contestant import Case, Contestant, Failed
from dataset_platform.bench.figures import figures_of
from dataset_platform.bench.race import chosen, race, run_case
from dataset_platform.errors import UsageError
from dataset_platform.progress import Progress
from dataset_platform_tests.bench import contestants

SCRIPT = Path(contestants.__file__)
MB = 1_000_000


def case(function, *, ours=False, audit=lambda _: {}, setting=None, python=None, packages=(), **task):
    contestant = Contestant(function, SCRIPT, function, packages, ours=ours)
    if python:
        contestant = Contestant(function, SCRIPT, function, packages, python)
    extra = {"setting": setting} if setting else {}
    return Case(
        contestant, "load", {name: str(value) for name, value in task.items()}, 10 * MB, audit, **extra
    )


def is_gone(process):
    """A process that was killed needs a moment, and may wait for its new parent to look."""
    try:
        process.wait(5)
    except psutil.TimeoutExpired:
        return process.status() == psutil.STATUS_ZOMBIE
    return True


@pytest.fixture
def quiet():
    return Progress(Console(quiet=True))


def test_memory_of_a_child_counts(tmp_path):
    without = run_case(case("child_holds_memory", bytes=0), tmp_path).peak_bytes
    peak = run_case(case("child_holds_memory", bytes=200 * MB), tmp_path).peak_bytes
    assert 190 * MB < peak - without < 215 * MB


@pytest.mark.parametrize("contestant", ["burns", "burns_unwaited"])
def test_cpu_of_a_child_counts(contestant, tmp_path):
    assert run_case(case(contestant), tmp_path).cpu_s >= 0.5


def test_the_work_is_timed_apart_from_the_start(tmp_path):
    run = run_case(case("slow"), tmp_path)
    assert 0.2 <= run.parts["work"] < run.process_s


def test_nothing_of_a_contestant_lives_on(tmp_path):
    pid = tmp_path / "pid"
    run_case(case("leaves_a_child_behind", pid=pid), tmp_path / "work")
    left = int(pid.read_text())
    assert not psutil.pid_exists(left) or is_gone(psutil.Process(left))


def test_what_a_run_wrote_is_audited_and_then_removed(tmp_path):
    run = run_case(
        case("quick", audit=lambda task: {"files": len(list(Path(task["out"]).iterdir()))}), tmp_path
    )
    assert (run.facts, list(tmp_path.iterdir())) == ({"files": 1}, [])


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("fails", "ValueError: cannot read corpus.jsonl for two reasons"),
        ("lacks_a_package", "not installed: pip install surely-not-installed other"),
        ("dies", "killed by SIGKILL"),
        ("never_ends", "stopped after 1 s"),
    ],
)
def test_a_failure_is_one_line(function, reason, tmp_path):
    failing = case(function, input="/some/where/corpus.jsonl", packages=("surely-not-installed", "other"))
    with pytest.raises(Failed) as failed:
        run_case(replace(failing, limit_s=1.0 if function == "never_ends" else 60.0), tmp_path)
    assert str(failed.value) == reason


def test_a_python_that_is_not_there_is_a_failure(tmp_path):
    with pytest.raises(Failed, match=r"no-python: cannot be run \(No such file or directory\)"):
        run_case(case("quick", python=tmp_path / "no-python"), tmp_path)


def test_contestants_take_turns_and_a_failing_one_stops_none(tmp_path, quiet):
    order = []

    def noted(name):
        @contextmanager
        def setting():
            order.append(name)
            yield {}

        return setting

    running = [
        case("quick", ours=True, setting=noted("quick")),
        case("fails", input="x", setting=noted("fails")),
        case("slow", setting=noted("slow")),
    ]
    quickly, failing, slowly = race(running, 2, tmp_path, quiet)
    assert order == ["quick", "fails", "slow", "quick", "slow", "quick", "slow"]
    assert [len(outcome.runs) for outcome in (quickly, failing, slowly)] == [2, 0, 2]
    assert failing.failure.startswith("ValueError: cannot read x")


def test_only_names_contestants_by_their_beginning():
    competing = [Contestant(name, SCRIPT, "quick") for name in ("ours", "duckdb", "daft")]
    assert [contestant.name for contestant in chosen(competing, ["d"])] == ["duckdb", "daft"]
    with pytest.raises(
        UsageError, match=r"--only pandas: no such contestant\. There are: ours, duckdb, daft"
    ):
        chosen(competing, ["pandas"])


def test_a_setting_adds_to_the_task(tmp_path, quiet):
    @contextmanager
    def setting():
        yield {"added": "by the setting"}

    (outcome,) = race(
        [case("quick", setting=setting, audit=lambda task: {"told": task["added"]})], 1, tmp_path, quiet
    )
    (figures,) = figures_of([outcome])
    assert figures.facts == {"told": "by the setting"}
