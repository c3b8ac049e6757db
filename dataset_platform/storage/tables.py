"""Tables between assets: Parquet shards on disk, lazy Daft frames in code."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path

import daft
import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.schemas import Contract

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


def write_table(frame: daft.DataFrame, contract: Contract, folder: Path) -> None:
    """Streams a lazy frame into Parquet shards `part-00000.parquet` …, cast to the contract's schema.

    Row groups and shards end where they are full, so the bytes depend on no engine's batches.
    """
    groups = pieces(frame.select(*contract.names).to_arrow_iter(), ROWS_PER_GROUP)
    for number in count():
        shard = list(islice(groups, 1))
        if number and not shard:
            return
        with _open_shard(folder, number, contract) as writer:
            for group in chain(shard, islice(groups, GROUPS_PER_SHARD - 1)):
                writer.write_table(group.cast(contract.arrow))


def pieces(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Tables of exactly so many rows but for the last, in the order of the batches."""
    waiting: list[pa.Table] = []
    n_waiting = 0
    for batch in batches:
        waiting.append(pa.Table.from_batches([batch]))
        n_waiting += batch.num_rows
        while n_waiting >= rows:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, rows)
            waiting = [joined.slice(rows)]
            n_waiting -= rows
    if n_waiting:
        yield pa.concat_tables(waiting)


def _open_shard(folder: Path, number: int, contract: Contract) -> pq.ParquetWriter:
    return pq.ParquetWriter(folder / f"part-{number:05}.parquet", contract.arrow, compression="zstd")
