"""`bench export`: a release of so many rows, by ours and by what merely writes them."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from dataset_platform import release
from dataset_platform.bench import exporting_contestants
from dataset_platform.bench.contestant import Case, Contestant, Facts, Outcome, Task
from dataset_platform.bench.figures import Spread
from dataset_platform.bench.findings import at_least, at_most, find, peak_gb, ratio
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.race import chosen, race
from dataset_platform.bench.release_tables import Tables, release_tables
from dataset_platform.bench.report import Report
from dataset_platform.progress import Progress
from dataset_platform.schemas import CLEAN, CLUSTERS, DECISIONS, QUARANTINE, RELEASE, WITHDRAWN

SCRIPT = Path(exporting_contestants.__file__)
PYARROW, POLARS, DATASETS = "pyarrow, no logic", "polars sinks", "datasets"
LIMIT_S, SLOWEST_ROWS_PER_S = 300.0, 5_000


def export_report(
    folder: Path, rows: int, rounds: int, only: Sequence[str], peers: Path | None, progress: Progress
) -> Report:
    """Races the contestants; the tables stay in the folder, what the runs write does not."""
    competing = chosen(contestants(peers), only)
    with progress.task(f"tables of {rows:,} conversations"):
        tables = release_tables(rows, folder / "corpora")
    machine = this_machine()
    outcomes = race([case(one, tables) for one in competing], rounds, folder / "work", progress)
    about = [
        f"export: {tables}",
        "ours does the whole export, with accounts, splits, order and digests; peers copy finished rows; "
        "MB/s are of text",
    ]
    return Report("export", machine, rounds, outcomes, about, findings(outcomes, tables))


def contestants(peers: Path | None = None) -> list[Contestant]:
    """Ours in this Python, then the peers in theirs."""

    def peer(name: str, function: str, *packages: str) -> Contestant:
        return Contestant(name, SCRIPT, function, packages, peers or Path(sys.executable))

    return [
        Contestant("ours", SCRIPT, "ours", ("daft", "polars", "pyarrow"), ours=True),
        peer(PYARROW, "pyarrow_writer", "pyarrow", "polars"),
        peer(POLARS, "polars_sinks", "polars"),
        peer(DATASETS, "datasets_writer", "datasets"),
    ]


def case(contestant: Contestant, tables: Tables) -> Case:
    inputs = (CLEAN, DECISIONS, WITHDRAWN, CLUSTERS, QUARANTINE)
    return Case(
        contestant,
        workload=f"{tables.rows:,} rows",
        task={
            **{contract.name: str(tables.folder / contract.name) for contract in inputs},
            "rows": str(tables.folder / RELEASE.name),
            "target": str(tables.rows),
        },
        bytes=tables.chars,
        audit=partial(audit, contestant.ours),
        limit_s=LIMIT_S + tables.rows / SLOWEST_ROWS_PER_S,
    )


def audit(ours: bool, task: Task) -> Facts:
    """Rows in the Parquet files, and for ours whether the release verifies."""
    out = Path(task["out"])
    files = [path for path in out.rglob("*.parquet") if path.is_file() and "ledger" not in path.name]
    facts: dict[str, int | str] = {"rows": sum(pq.read_metadata(path).num_rows for path in files)}
    return {**facts, "findings": len(release.verify(out / "v1.0.0").findings)} if ours else facts


def findings(outcomes: Sequence[Outcome], tables: Tables) -> list[str]:
    """The targets, each with what was measured."""
    workload = f"{tables.rows:,} rows"
    ours, pyarrow, polars, datasets = (
        find(outcomes, name, workload) for name in ("ours", PYARROW, POLARS, DATASETS)
    )
    speed = Spread.of(tables.kept / run.parts["write"] for run in ours.runs) if ours else None
    return [
        *([f"ours: {speed.median:,.0f} rows/s"] if speed else []),
        *at_least("ours against pyarrow, times as fast", ratio(pyarrow, ours, "write"), 0.6),
        *at_least("ours against datasets, times as fast", ratio(datasets, ours, "write"), 3.5),
        *at_most("ours: polars, seconds", ratio(ours, polars, "write"), 1.5),
        *at_most("ours, peak GB", peak_gb(ours), 1.0 if tables.rows <= 1_000_000 else 4.0),
    ]
