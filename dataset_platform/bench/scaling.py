"""`bench scale`: duplicates among millions of stored signatures, and the memory that this takes."""

from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from dataset_platform.bench import scaling_contestant
from dataset_platform.bench.contestant import Case, Contestant, Facts, Task
from dataset_platform.bench.findings import at_most, peak_gb
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.race import race
from dataset_platform.bench.report import Report
from dataset_platform.bench.signature_tables import SignatureTables, signature_tables
from dataset_platform.progress import Progress

OURS = Contestant(
    "ours", Path(scaling_contestant.__file__), "ours", ("daft", "numpy", "scipy", "pyarrow"), ours=True
)
MOST_GB, LIMIT_S, SLOWEST_ROWS_PER_S = 4.0, 300.0, 5_000


def scale_report(folder: Path, rows: list[int], progress: Progress) -> Report:
    """One run for each number of rows; the tables stay in the folder, what the runs write does not."""
    sizes = []
    for count in rows:
        with progress.task(f"signatures of {count:,} conversations"):
            sizes.append(signature_tables(count, folder / "corpora"))
    machine = this_machine()
    outcomes = race([case(tables) for tables in sizes], 1, folder / "work", progress)
    findings = [
        line
        for outcome in outcomes
        for line in at_most(f"{outcome.case.workload}, peak GB", peak_gb(outcome), MOST_GB)
    ]
    about = [*map(str, sizes), "one round without a warm-up"]
    return Report("scale", machine, 1, outcomes, about, findings)


def case(tables: SignatureTables) -> Case:
    return Case(
        OURS,
        workload=f"{tables.rows:,} signatures",
        task={"tables": str(tables.folder)},
        bytes=tables.bytes,
        audit=partial(audit, tables),
        limit_s=LIMIT_S + tables.rows / SLOWEST_ROWS_PER_S,
        rows=tables.rows,
        once=True,
    )


def audit(tables: SignatureTables, task: Task) -> Facts:
    """Members of clusters that were found, and those that there are."""
    found = pq.read_metadata(Path(task["out"]) / "clusters.parquet").num_rows
    return {"members": found, "planted": tables.members}
