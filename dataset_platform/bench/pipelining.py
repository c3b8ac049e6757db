"""`bench pipeline`: landed files to a verified release, by the commands that users run, at several sizes."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dataset_platform.bench import pipelining_contestant
from dataset_platform.bench.contestant import Case, Contestant, Facts, Outcome, Task
from dataset_platform.bench.dagster_project import require_project
from dataset_platform.bench.figures import Spread
from dataset_platform.bench.findings import at_most, peak_gb
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.pipelining_contestant import VERSION
from dataset_platform.bench.planted import Kind, Planted, planted
from dataset_platform.bench.race import race
from dataset_platform.bench.report import Report
from dataset_platform.progress import Progress
from dataset_platform.release import read_manifest

OURS = Contestant(
    "ours", Path(pipelining_contestant.__file__), "ours", ("daft", "dagster", "polars", "pyarrow"), ours=True
)
MOST_GB, MOST_GROWTH = 4.0, 1.2
LIMIT_S, SLOWEST_ROWS_PER_S = 600.0, 100


def pipeline_report(folder: Path, rows: Sequence[int], dagster_yaml: Path, progress: Progress) -> Report:
    """One run for each number of rows; corpora stay in the folder, the projects do not."""
    require_project(dagster_yaml)
    corpora = []
    for count in sorted(rows):
        with progress.task(f"corpus of {count:,} conversations"):
            corpora.append(planted(count, folder / "corpora"))
    machine = this_machine()
    cases = [case(corpus, dagster_yaml.resolve()) for corpus in corpora]
    outcomes = race(cases, 1, folder / "work", progress)
    about = [
        *map(str, corpora),
        "each command a process of its own, with Dagster's run, all checks and contracts; memory is of the "
        "whole process tree; one round without a warm-up",
        "words are made up, and those taken for names are masked, which parts a few near duplicates",
    ]
    return Report("pipeline", machine, 1, outcomes, about, findings(outcomes))


def case(corpus: Planted, dagster_yaml: Path) -> Case:
    return Case(
        OURS,
        workload=f"{corpus.rows:,} conversations",
        task={"input": str(corpus.path), "rows": str(corpus.rows), "dagster_yaml": str(dagster_yaml)},
        bytes=corpus.bytes,
        audit=partial(audit, corpus),
        limit_s=LIMIT_S + corpus.rows / SLOWEST_ROWS_PER_S,
        rows=corpus.rows,
        once=True,
    )


def audit(corpus: Planted, task: Task) -> Facts:
    """Where the records ended, by the manifest of the release, beside what was planted."""
    manifest = read_manifest(Path(task["out"]) / "project/data/exports" / f"v{VERSION}")
    (line,) = manifest.ledger
    return {
        "released": line.exported,
        "duplicates": line.duplicate,
        "planted": corpus.kinds[Kind.EXACT] + corpus.kinds[Kind.NEAR],
        "filtered": line.filtered,
        "short": corpus.kinds[Kind.SHORT],
        "unaccounted": corpus.rows - line.records,
    }


def findings(outcomes: Sequence[Outcome]) -> list[str]:
    """Memory of each size, and how the time of a row grows from the smallest to each larger one."""
    done = [outcome for outcome in outcomes if outcome.runs]
    lines = [
        line
        for outcome in done
        for line in at_most(f"{outcome.case.workload}, peak GB", peak_gb(outcome), MOST_GB)
    ]
    for outcome in done[1:]:
        grown = Spread.of([_row_s(outcome) / _row_s(done[0])])
        lines += at_most(
            f"seconds a row, {outcome.case.workload} : {done[0].case.workload}", grown, MOST_GROWTH
        )
    return lines


def _row_s(outcome: Outcome) -> float:
    return sum(outcome.runs[0].parts.values()) / (outcome.case.rows or 1)
