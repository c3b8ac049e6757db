"""Rows into release files: streamed past the selection, bucketed by split and id, each bucket sorted.

Text never goes through a shuffle. Rows arrive in any order and in any batches; buckets are then read in order
and appended to the files of every format. One bucket is one Parquet row group, so the bytes depend on neither
batches, threads nor folders.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from pathlib import Path

import polars as pl
import pyarrow as pa

from dataset_platform.errors import ContractError
from dataset_platform.release.buckets import Buckets
from dataset_platform.release.compact import in_words
from dataset_platform.release.files import ReleaseFiles
from dataset_platform.release.manifest import FileEntry
from dataset_platform.release.rendering import json_lines
from dataset_platform.release.selection import Selection
from dataset_platform.release.shards import LinesFile, ParquetFile, Shards
from dataset_platform.release.spec import Formats
from dataset_platform.schemas import LEDGER, RELEASE, Split

SCRATCH = ".scratch"
LEDGER_ROWS = 100_000  # a row group
BUCKETS_AHEAD = 1  # sorted while the writers are busy


def write_dataset(
    batches: Iterable[pa.RecordBatch], selection: Selection, out: Path, files: ReleaseFiles, formats: Formats
) -> tuple[FileEntry, ...]:
    """Entries of the files with the drawn rows, by format and split, in order of conversation_id.

    `batches` hold rows of schemas.CLEAN. Raises ContractError if a drawn row never came.
    """
    writers = _writers(out, files, formats)
    with Buckets(out / SCRATCH, selection.splits) as buckets:
        for batch in batches:
            for bucket, picked in selection.pick(batch):
                buckets.add(bucket, picked)
        _append(buckets.sorted_rows(), writers)
    entries = [writer.close() for writer in writers]
    arrived = sum(entry.rows or 0 for entry in entries[0])
    if arrived != selection.count:
        raise ContractError(
            f"{selection.count} rows were drawn and {arrived} arrived: the cleaned conversations "
            f"changed during the export. Run it again."
        )
    return tuple(entry for of_format in entries for entry in of_format)


def write_ledger(path: Path, ledger: pl.DataFrame) -> FileEntry:
    """The entry of the ledger's Parquet file."""
    file = ParquetFile(path, LEDGER)
    for part in ledger.iter_slices(LEDGER_ROWS):
        file.write(in_words(part).to_arrow().cast(LEDGER.arrow))
    return file.close(ledger.height)


def _writers(out: Path, files: ReleaseFiles, formats: Formats) -> list[Shards]:
    start = partial(ParquetFile, contract=RELEASE)
    parquet = Shards(out / files.parquet, "parquet", lambda rows: rows, start)
    if not formats.jsonl:
        return [parquet]
    pack = partial(json_lines, rendering=formats.rendering, lines=BytesIO())
    return [Shards(out / files.jsonl, "jsonl", pack, LinesFile), parquet]


def _append(buckets: Iterable[tuple[Split, pa.Table]], writers: Sequence[Shards]) -> None:
    """Every bucket to every writer, in order; one thread a writer, and one bucket is sorted ahead."""
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in writers]
        waiting: deque[list[Future[None]]] = deque()
        for split, rows in buckets:
            pairs = zip(threads, writers, strict=True)
            waiting.append([thread.submit(writer.write, split, rows) for thread, writer in pairs])
            if len(waiting) > BUCKETS_AHEAD:
                _finish(waiting.popleft())
        for writes in waiting:
            _finish(writes)


def _finish(writes: Iterable[Future[None]]) -> None:
    for write in writes:
        write.result()
