"""What a contestant kept and removed of a planted corpus, held against the truth."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.bench.contestant import Facts, Task
from dataset_platform.bench.planted import Kind, Planted

_ID = re.compile(r'"id":"(c\d+)"')


def audit(corpus: Planted, task: Task) -> Facts:
    """Recall of planted duplicates and removals without cause, by what lies in the folder `task["out"]`."""
    out = Path(task["out"])
    kept = kept_ids(out)
    return {**scored(pl.read_parquet(corpus.truth), kept), "JSONL rows": lines(out)}


def scored(truth: pl.DataFrame, kept: Sequence[str]) -> dict[str, int | str]:
    """`truth` as a corpus keeps it, and the ids of the rows that were kept, a row each time it was.

    A family of duplicates of n rows has n - 1 to remove. A removal is false where no kept row of the
    family is a duplicate of it: where its pair is a near miss, or all were removed. Rows that the
    length filter drops count apart.
    """
    known = truth.with_columns(is_kept=pl.col("id").is_in(list(kept)))
    short = known.filter(kind=Kind.SHORT.value)
    rest = known.filter(pl.col("kind") != Kind.SHORT.value).with_columns(
        family=pl.when(kind=Kind.NEAR_MISS.value)
        .then(pl.col("id"))
        .otherwise(pl.col("family").cast(pl.String))
    )
    families = rest.group_by("family").agg(
        rows=pl.len(),
        removed=(~pl.col("is_kept")).sum(),
        is_near=(pl.col("kind") == Kind.NEAR.value).any(),
    )
    found = families.with_columns(found=pl.min_horizontal("removed", pl.col("rows") - 1))
    false = int(families.filter(pl.col("removed") == pl.col("rows"))["rows"].sum())
    removed = int(families["removed"].sum())
    return {
        "kept": len(kept),
        "recall": _share(found),
        "near": _share(found.filter("is_near")),
        "exact": _share(found.filter(~pl.col("is_near"))),
        "precision": f"{(removed - false) / removed:.4f}" if removed else "",
        "false": false,
        "short kept": int(short["is_kept"].sum()),
    }


def kept_ids(out: Path) -> list[str]:
    """The ids in the Parquet files of a run, whole files only; ours keeps them in the attributes."""
    ids: list[str] = []
    for path in _files(out, "parquet"):
        try:
            parquet = pq.ParquetFile(path)
        except pa.ArrowInvalid:
            continue  # broken off
        is_plain = "id" in parquet.schema_arrow.names
        column = parquet.read(["id" if is_plain else "attributes"]).column(0).to_pylist()
        ids += column if is_plain else [found[1] for text in column if (found := _ID.search(text))]
    return ids


def lines(out: Path) -> int:
    """Lines of the JSONL files of a run."""
    return sum(path.read_bytes().count(b"\n") for path in _files(out, "jsonl") if "stats" not in path.name)


def _files(out: Path, suffix: str) -> Iterator[Path]:
    """The files of a dataset, which may be a folder of shards."""
    for path in sorted(out.glob(f"*dataset*.{suffix}")):
        yield from sorted(path.iterdir()) if path.is_dir() else [path]


def _share(families: pl.DataFrame) -> str:
    wanted = int((families["rows"] - 1).sum())
    return f"{int(families['found'].sum()) / wanted:.4f}" if wanted else ""
