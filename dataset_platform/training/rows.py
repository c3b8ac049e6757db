"""Conversations of one split, read from a release's Parquet files."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset_platform.errors import InputError
from dataset_platform.schemas import Split

COLUMNS = ["conversation_id", "split", "stage", "messages", "attributes"]
BATCH_ROWS = 1024


@dataclass(frozen=True)
class Conversation:
    """`messages` are dicts of `role` and `content`, as chat templates take them; `attributes` are JSON."""

    conversation_id: str
    stage: str
    messages: list[dict[str, str]] = field(repr=False)
    attributes: str = field(default="{}", repr=False)


def read_split(rows: Path, split: Split) -> Iterator[Conversation]:
    """Conversations of `split` in their order, a batch in memory at a time; raises InputError.

    `rows` is a folder of Parquet files, as a release has it, or one such file.
    """
    for path in parquet_files(rows):
        with _opened(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=COLUMNS):
                chosen = batch.filter(pc.equal(batch["split"], split.value)).drop_columns(["split"])
                yield from (Conversation(**row) for row in chosen.to_pylist())


def parquet_files(rows: Path) -> list[Path]:
    """The files of a folder of them, or the one file."""
    return sorted(rows.glob("*.parquet")) if rows.is_dir() else [rows]


def _opened(path: Path) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid):
        raise InputError(f"{path}: not a Parquet file that can be read") from None
    missing = sorted(set(COLUMNS) - set(file.schema_arrow.names))
    if missing:
        raise InputError(f"{path}: lacks the columns {', '.join(missing)}; expected a release's Parquet file")
    return file
