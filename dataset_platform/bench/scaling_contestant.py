"""Finding duplicates among stored signatures, as the platform does; run by `runner.py`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import daft
import pyarrow.parquet as pq

from dataset_platform import curate
from dataset_platform.schemas import CLEAN, CLUSTERS, DECISIONS, SIGNATURES

Task = dict[str, str]
Clock = Callable[[str], AbstractContextManager[None]]


def ours(task: Task, clock: Clock) -> None:
    """The clusters of the tables in `task["tables"]`, in a file."""
    out = Path(task["out"])
    with clock("cluster"):
        signatures, clean, decisions = (
            daft.read_parquet(str(Path(task["tables"]) / contract.name / "*.parquet"))
            for contract in (SIGNATURES, CLEAN, DECISIONS)
        )
        with pq.ParquetWriter(out / "clusters.parquet", CLUSTERS.arrow) as file:
            for table in curate.find_duplicates(signatures, clean, decisions, out):
                file.write_table(table)
