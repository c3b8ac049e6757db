"""`bench sources --folder`: each folder of files that one has, read as it would be drafted."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from dataset_platform.bench import reading_contestants
from dataset_platform.bench.contestant import Case, Contestant, Facts, Task
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.race import race
from dataset_platform.bench.report import Report
from dataset_platform.errors import InputError
from dataset_platform.ingest import LandedFile, SourceDescription
from dataset_platform.ingest.landing import select
from dataset_platform.ingest.sniffing import sniff
from dataset_platform.progress import Progress
from dataset_platform.storage.landing import is_source_name

WORKLOAD = "sources"


def folders_report(folder: Path, sources: Path, rounds: int, progress: Progress) -> Report:
    """Reads every folder in `sources`; raises InputError when none of them holds conversations."""
    cases, without = [], []
    for path in sorted(path for path in sources.iterdir() if path.is_dir() and is_source_name(path.name)):
        files = landed_files(path)
        try:
            cases.append(_case(path, files, sniff(path.name, files).description))
        except InputError:
            without.append(path.name)
    if not cases:
        raise InputError(f"{sources}: no folder in it holds conversations")
    machine = this_machine()
    outcomes = race(cases, rounds, folder / "work", progress)
    return Report("sources folder", machine, rounds, outcomes, list(_about(without)), ())


def landed_files(path: Path) -> list[LandedFile]:
    """Every file below the folder, as a source that is called as the folder is."""
    below = sorted(file for file in path.rglob("*") if file.is_file())
    return [LandedFile.at(f"{path.name}/{file.relative_to(path).as_posix()}", file) for file in below]


def _case(path: Path, files: Sequence[LandedFile], description: SourceDescription) -> Case:
    read = select(description.name, description.files, files)
    n_bytes = sum(file.fetch().stat().st_size for file in read)
    reader = Contestant(
        path.name, Path(reading_contestants.__file__), "ours_described", ("orjson", "pyarrow")
    )
    task = {"input": str(path), "description": description.model_dump_json(exclude_defaults=True)}
    return Case(reader, WORKLOAD, task, n_bytes, partial(_facts, description.reader.value, len(read)))


def _facts(reader: str, files: int, task: Task) -> Facts:
    """Records in all and kept, and the others by reason."""
    out = Path(task["out"])
    kept = sum(pq.read_metadata(file).num_rows for file in out.glob("records-*.parquet"))
    reasons = pl.read_parquet(sorted(out.glob("quarantine-*.parquet")), columns=["reason"])["reason"]
    by_reason = sorted(reasons.value_counts().iter_rows())
    return {
        "format": reader,
        "files": files,
        "records": kept + len(reasons),
        "kept": kept,
        "quarantined": ", ".join(f"{count:,} {reason}" for reason, count in by_reason) or 0,
    }


def _about(without: Sequence[str]) -> Iterator[str]:
    yield "each folder is read as `sources check` drafts it, unaided; memory is that of the process tree"
    if without:
        yield f"no conversations in {', '.join(without)}"
