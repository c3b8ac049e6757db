"""Ways to write a dataset as Parquet with zstd and as JSON lines; run by `runner.py`.

Peers read Parquet files of the finished rows, given by `task["rows"]`, and write them as they come into the
folder `task["out"]`, with the defaults of their library but for zstd. Ours reads the tables of the steps
before, given by folder, and does everything that an export does.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

Task = dict[str, str]
Clock = Callable[[str], AbstractContextManager[None]]


def ours(task: Task, clock: Clock) -> None:
    """The platform: accounts, draw, splits, sorted shards with digests, ledger, card, lock and manifest."""
    from datetime import UTC, datetime

    import daft
    import pandas  # noqa: F401  as Dagster and pandera do before any asset runs

    from dataset_platform import release

    clean, decisions, withdrawn, clusters, quarantine = (
        daft.read_parquet([str(path) for path in sorted(Path(task[name]).iterdir())])
        for name in (
            "clean_conversations",
            "filter_decisions",
            "withdrawn_conversations",
            "duplicate_clusters",
            "quarantine",
        )
    )
    spec = release.ReleaseSpec(version="1.0.0", target_samples=int(task["target"]), seed=42)
    provenance = release.collect_provenance(
        ingredients=release.Ingredients({}, (), {}, ()),
        git=release.git_state(Path.cwd()),
        engine="daft",
        created_at=datetime.now(UTC),
        run_id="bench",
        storage_url=None,
    )
    with clock("write"):
        out = Path(task["out"], "v1.0.0")
        release.build(clean, decisions, withdrawn, clusters, quarantine, spec, provenance, out)


def pyarrow_writer(task: Task, clock: Clock) -> None:
    """Batch by batch: pyarrow's ParquetWriter, and polars for the lines, which pyarrow cannot write."""
    import polars as pl
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

    rows = ds.dataset(task["rows"])
    with (
        clock("write"),
        Path(task["out"], "rows.jsonl").open("wb") as lines,
        pq.ParquetWriter(Path(task["out"], "rows.parquet"), rows.schema, compression="zstd") as writer,
    ):
        for batch in rows.to_batches():
            writer.write_batch(batch)
            pl.DataFrame(batch).write_ndjson(lines)


def polars_sinks(task: Task, clock: Clock) -> None:
    """polars' streaming engine: both sinks in one pass."""
    import polars as pl

    rows = pl.scan_parquet(f"{task['rows']}/*.parquet")
    out = Path(task["out"])
    with clock("write"):
        pl.collect_all(
            [
                rows.sink_parquet(out / "rows.parquet", compression="zstd", lazy=True),
                rows.sink_ndjson(out / "rows.jsonl", lazy=True),
            ],
            engine="streaming",
        )


def datasets_writer(task: Task, clock: Clock) -> None:
    """Hugging Face datasets: from_parquet, to_json and to_parquet."""
    from datasets import Dataset
    from datasets.utils.logging import disable_progress_bar

    disable_progress_bar()
    files = [str(path) for path in sorted(Path(task["rows"]).iterdir())]
    out = Path(task["out"])
    with clock("write"):
        rows = Dataset.from_parquet(files, cache_dir=str(out / "cache"))
        rows.to_json(out / "rows.jsonl")
        rows.to_parquet(out / "rows.parquet")
