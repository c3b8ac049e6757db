"""The platform's own steps from a JSONL file to the dataset of a release; run by `runner.py`.

What Dagster stores between the steps stays in memory here. Masks, languages, flags and measures are
not in the race; release rows have neutral values there.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import daft
import duckdb  # noqa: F401  would be imported with the first line
import numpy as np
import pandas  # noqa: F401  imported by pyarrow when it is first given an array, so in the middle of the race
import polars as pl
import pyarrow as pa

from dataset_platform import curate, engine, release
from dataset_platform.bench.curating_contestants import LEAST_CHARS, MOST_CHARS
from dataset_platform.ingest import Filters, LandedFile, SourceDescription, read_rows
from dataset_platform.ingest.row_tables import quarantine_table
from dataset_platform.release.compact import compact
from dataset_platform.release.selection import Selection
from dataset_platform.release.write import write_dataset
from dataset_platform.schemas import CLEAN, CLUSTERS, RAW, Match, Split
from dataset_platform.settings import Engine, Settings

Task = dict[str, str]
Clock = Callable[[str], AbstractContextManager[None]]

ROWS_AT_ONCE = 8_192
FILTERS = Filters(
    min_turns=None, min_chars=LEAST_CHARS, max_chars=MOST_CHARS, max_repetition=None, min_quality=None
)
PLACE = ["origin_file", "origin_position"]
DESCRIPTION = SourceDescription.model_validate(
    {
        "name": "corpus",
        "description": "A benchmark corpus.",
        "files": ["*"],
        "reader": "jsonl",
        "turns": [{"shape": "list", "at": "messages", "role": "role", "content": "content"}],
        "roles": {"user": "user", "assistant": "assistant"},
        "stage": "foundation",
        "license": "CC0-1.0",
    }
)


def ours(task: Task, clock: Clock) -> None:
    """The release of a file, and the quarantine of what could not be read."""
    path, out = Path(task["input"]), Path(task["out"])
    # Imports what it needs: others have imported theirs, too, when their clocks start.
    engine.start(Settings(engine=Engine.NATIVE))
    with clock("curate"):
        clean = _completed(_cleaned(path, out))
        frame = daft.from_arrow(clean)
        signatures = curate.sign(frame).collect()
        decisions = curate.decide(frame, FILTERS).collect()
        found = [CLUSTERS.arrow.empty_table(), *curate.find_duplicates(signatures, frame, decisions, out)]
        rows = _drawn(pl.DataFrame(decisions.to_arrow()), pl.DataFrame(pa.concat_tables(found)), clean)
        batches = clean.to_batches(max_chunksize=ROWS_AT_ONCE)
        write_dataset(batches, Selection(rows), out, release.ReleaseFiles("1.0.0"), release.Formats())


def _cleaned(path: Path, out: Path) -> pa.Table:
    """The records of the file, cleaned while more are read; what is none goes to a quarantine."""
    cleaned: list[pa.Table] = []
    waiting: list[pa.RecordBatch] = []

    def clean() -> None:
        records = pa.Table.from_batches(waiting, RAW.arrow)
        cleaned.append(curate.clean_text(daft.from_arrow(records)).to_arrow())
        waiting.clear()

    def take(batch: pa.RecordBatch) -> None:
        waiting.append(batch)
        if sum(map(len, waiting)) >= ROWS_AT_ONCE:
            clean()

    raw = out / "raw"
    raw.mkdir()
    with quarantine_table(raw) as quarantine:
        read_rows(DESCRIPTION, [LandedFile.at(f"corpus/{path.name}", path)], raw, take, quarantine.add)
    clean()
    return pa.concat_tables(cleaned)


def _drawn(decisions: pl.DataFrame, clusters: pl.DataFrame, clean: pa.Table) -> pl.DataFrame:
    """All fit rows but duplicates, as a release draws them: the training split and nothing else."""
    removed = clusters.filter(pl.col("match") != Match.KEPT.value)
    drawn = (
        decisions.filter(pl.col("drop_reason").is_null())
        .join(removed, on=PLACE, how="anti")
        .join(pl.DataFrame(clean.select([*PLACE, "conversation_id", "n_chars"])), on=PLACE)
        .join(clusters.select(*PLACE, "cluster_id"), on=PLACE, how="left")
        .with_columns(pl.col("cluster_id").fill_null(pl.col("conversation_id")))
    )
    return compact([drawn.to_arrow()]).with_columns(split=pl.lit(Split.TRAIN.value))


def _completed(rows: pa.Table) -> pa.Table:
    """The rows with every column of clean conversations; those that this race leaves out are empty."""
    for column in CLEAN.columns:
        if column.name not in rows.schema.names:
            rows = rows.append_column(column.field(), _empty(column.type, rows.num_rows))
    return rows


def _empty(type_: pa.DataType, count: int) -> pa.Array:
    if pa.types.is_list(type_):
        offsets = pa.array(np.zeros(count + 1, np.int32))
        return pa.ListArray.from_arrays(offsets, pa.array([], type_.value_type), type_)
    return pa.repeat(pa.scalar("" if pa.types.is_string(type_) else 0, type_), count)
