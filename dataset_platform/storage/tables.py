"""Tables between assets: Parquet shards on disk, lazy Daft frames in code."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from types import MappingProxyType

import daft
import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.schemas import Contract
from dataset_platform.streaming import streamed

ROWS_PER_GROUP = 10_000
GROUPS_PER_SHARD = 10


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

    Row groups and shards end where they are full, so the bytes depend on no engine's batches. `on_rows` is
    told how many rows are written so far. `notes` go into the metadata of every shard.
    """
    with streamed(frame.select(*contract.names)) as batches:
        write_batches(batches, contract, folder, on_rows, notes)


def write_batches(
    batches: Iterable[pa.RecordBatch | pa.Table],
    contract: Contract,
    folder: Path,
    on_rows: Callable[[int], None] = lambda _: None,
    notes: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """The same for batches of rows, in their order."""
    schema = contract.arrow.with_metadata(dict(notes)) if notes else contract.arrow
    groups = pieces(batches, ROWS_PER_GROUP)
    written = 0
    for number in count():
        first = list(islice(groups, 1))
        if number and not first:
            return
        with _open_shard(folder, number, schema) as writer:
            for group in chain(first, islice(groups, GROUPS_PER_SHARD - 1)):
                writer.write_table(group.cast(schema))
                written += group.num_rows
                on_rows(written)


def pieces(batches: Iterable[pa.RecordBatch | pa.Table], rows: int) -> Iterator[pa.Table]:
    """Tables of exactly so many rows but for the last, in the order of the batches."""
    waiting: list[pa.Table] = []
    n_waiting = 0
    for batch in batches:
        waiting.append(batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch]))
        n_waiting += batch.num_rows
        while n_waiting >= rows:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, rows)
            waiting = [joined.slice(rows)]
            n_waiting -= rows
    if n_waiting:
        yield pa.concat_tables(waiting)


def read_notes(path: Path) -> dict[str, str]:
    """The notes in a shard that `write_table` wrote; other metadata of Parquet among them."""
    return {name.decode(): note.decode() for name, note in (pq.read_schema(path).metadata or {}).items()}


def _open_shard(folder: Path, number: int, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(folder / f"part-{number:05}.parquet", schema, compression="zstd")
