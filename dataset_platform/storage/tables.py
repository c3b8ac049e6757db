"""Tables between assets: Parquet shards on disk, lazy Daft frames in code."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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


def write_table(frame: daft.DataFrame, contract: Contract, folder: Path) -> None:
    """Streams a lazy frame into Parquet shards `part-00000.parquet` …, cast to the contract's schema."""
    writer: pq.ParquetWriter | None = None
    shard = rows = 0
    try:
        for batch in frame.select(*contract.names).to_arrow_iter():
            if writer is None or rows >= ROWS_PER_SHARD:
                if writer:
                    writer.close()
                writer = _open_shard(folder, shard, contract)
                shard, rows = shard + 1, 0
            writer.write_table(pa.Table.from_batches([batch]).cast(contract.arrow))
            rows += batch.num_rows
    finally:
        if writer:
            writer.close()
    if shard == 0:
        _open_shard(folder, 0, contract).close()


def _open_shard(folder: Path, number: int, contract: Contract) -> pq.ParquetWriter:
    return pq.ParquetWriter(folder / f"part-{number:05}.parquet", contract.arrow, compression="zstd")
