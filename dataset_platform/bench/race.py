"""Runs contestants in turn: one warm-up each, then A B C A B C over the rounds."""

import json
import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from dataset_platform.bench import runner
from dataset_platform.bench.contestant import Case, Contestant, Failed, Outcome, Run
from dataset_platform.bench.process_tree import Usage, run_measured
from dataset_platform.errors import UsageError
from dataset_platform.progress import Progress


def race(cases: Sequence[Case], rounds: int, folder: Path, progress: Progress) -> list[Outcome]:
    """The outcome of each case, in the given order; a case of one round runs in the first.

    A case that fails is not tried again and stops no other. Whatever runs wrote under `folder` is removed.
    """
    outcomes = [Outcome(case) for case in cases]
    for number in range(rounds + 1):
        name = f"round {number} of {rounds}" if number else "warm-up"
        with progress.task(name):
            for outcome in outcomes:
                if outcome.failure or (outcome.case.once and number != 1):
                    continue
                progress.say(f"{outcome.case.contestant.name} on {outcome.case.workload}")
                try:
                    run = run_case(outcome.case, folder)
                except Failed as failure:
                    outcome.failure, outcome.left = str(failure), failure.facts
                else:
                    outcome.runs += [run] if number else []
    return outcomes


def chosen(contestants: Sequence[Contestant], only: Sequence[str]) -> list[Contestant]:
    """Those whose name begins with one of `only`, all if none is given.

    Raises UsageError for a name that begins none.
    """
    for name in only:
        if not any(contestant.name.startswith(name) for contestant in contestants):
            known = ", ".join(contestant.name for contestant in contestants)
            raise UsageError(f"--only {name}: no such contestant. There are: {known}")
    return [c for c in contestants if not only or c.name.startswith(tuple(only))]


def run_case(case: Case, folder: Path) -> Run:
    """One run in a fresh process; raises Failed with one line."""
    contestant = case.contestant
    with _scratch(folder) as scratch, case.setting() as added:
        out = scratch / "out"
        out.mkdir()
        task = {**case.task, **added, "out": str(out)}
        order, answer, errors = (scratch / name for name in ("task.json", "outcome.json", "stderr"))
        order.write_text(json.dumps({"task": task, "packages": contestant.packages}))
        command = [
            *(str(contestant.python), "-P", runner.__file__),
            *(str(contestant.script), contestant.function, str(order), str(answer)),
        ]
        try:
            usage = run_measured(command, {**os.environ, **case.environment}, errors, case.limit_s)
        except OSError as error:
            raise Failed(f"{contestant.python}: cannot be run ({error.strerror})") from None
        try:
            told = _told(case, usage, answer, errors)
        except Failed as failure:
            raise Failed(str(failure), case.autopsy(task)) from None
        facts = case.audit(task)
    return Run(told["parts"], usage.wall_s, usage.cpu_s, usage.peak_bytes, facts, told["versions"])


def _told(case: Case, usage: Usage, answer: Path, errors: Path) -> dict:
    if not answer.exists():
        raise Failed(_last_words(usage, errors, case))
    told = json.loads(answer.read_text())
    if "missing" in told:
        packages = " ".join(case.contestant.packages) or told["missing"]
        raise Failed(f"not installed: pip install {packages}")
    if "failure" in told:
        raise Failed(told["failure"])
    return dict(told)


def _last_words(usage: Usage, errors: Path, case: Case) -> str:
    if usage.status < 0:
        return f"killed by {signal.Signals(-usage.status).name}"
    lines = errors.read_text(errors="replace").split("\n")
    said = next((line.strip() for line in reversed(lines) if line.strip()), "said nothing")
    return runner.one_line(f"exit status {usage.status}: {said}", dict(case.task))


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(mkdtemp(dir=folder))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
