"""Tables between assets: Parquet shards on disk, lazy Daft frames in code."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import daft
import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.schemas import Contract

ROWS_PER_SHARD = 500_000


@dataclass(frozen=True)
class Table:
    """A committed table: a lazy frame over its shards in order, its digest and row count.

    `inputs` is what it was made from, and empty for a table read over several partitions.
    """

    frame: daft.DataFrame
    digest: str
    rows: int
    inputs: Mapping[str, str]


def write_table(
    frame: daft.DataFrame,
    contract: Contract,
    folder: Path,
    on_rows: Callable[[int], None] = lambda _: None,
    notes: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Streams a lazy frame into Parquet shards `part-00000.parquet` …, cast to the contract's schema.

    `on_rows` is told how many rows are written so far. `notes` go into the metadata of every shard.
    """
    write_batches(frame.select(*contract.names).to_arrow_iter(), contract, folder, on_rows, notes)


def write_batches(
    batches: Iterable[pa.RecordBatch | pa.Table],
    contract: Contract,
    folder: Path,
    on_rows: Callable[[int], None] = lambda _: None,
    notes: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """The same for batches of rows, in their order."""
    schema = contract.arrow.with_metadata(dict(notes)) if notes else contract.arrow
    writer: pq.ParquetWriter | None = None
    shard = rows = written = 0
    try:
        for batch in batches:
            if writer is None or rows >= ROWS_PER_SHARD:
                if writer:
                    writer.close()
                writer = _open_shard(folder, shard, schema)
                shard, rows = shard + 1, 0
            some = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
            writer.write_table(some.cast(schema))
            rows += batch.num_rows
            written += batch.num_rows
            on_rows(written)
    finally:
        if writer:
            writer.close()
    if shard == 0:
        _open_shard(folder, 0, schema).close()


def read_notes(path: Path) -> dict[str, str]:
    """The notes in a shard that `write_table` wrote; other metadata of Parquet among them."""
    return {name.decode(): note.decode() for name, note in (pq.read_schema(path).metadata or {}).items()}


def _open_shard(folder: Path, number: int, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(folder / f"part-{number:05}.parquet", schema, compression="zstd")
