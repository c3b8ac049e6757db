"""Parts read by several threads or processes, or here when there is little to read."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import loky

from dataset_platform import workers
from dataset_platform.ingest.columns.column_reading import column_reader
from dataset_platform.ingest.describing.description import SourceDescription
from dataset_platform.ingest.part_reading import PartRows, read_part
from dataset_platform.ingest.parts import Part

_WORTH_PROCESSES_BYTES = 24 * 2**20
"""Less than this is read sooner than processes start (about half a second)."""

_WORTH_COLUMNS_BYTES = 2**18
"""Less than this is read sooner than a query is planned."""

_REMEDY = "with a smaller `limits.max_record_bytes`"


class PartReaders:
    """Takes parts, and gives their rows when asked.

    Processes are started once, when more than 24 MiB are to be read in all. Lines and rows that can be read
    as columns are read by threads instead, as long as that does for most of them.
    """

    def __init__(self, description: SourceDescription, scratch: Path) -> None:
        self._description = description
        self._scratch = scratch
        self._parts = self._bytes = 0
        self._pool: loky.ProcessPoolExecutor | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._columns = column_reader(description)
        self.processes = workers.processes()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=error is not None)

    def expect(self, n_bytes: int) -> None:
        """Says that so many bytes more are to be read."""
        self._bytes += n_bytes

    def submit(self, part: Part) -> Callable[[], PartRows]:
        """Begins to read the part; the result waits for its rows."""
        self._parts += 1
        target = self._scratch / f"{self._parts:06}"
        if self._bytes <= _WORTH_PROCESSES_BYTES:
            rows = read_part(self._description, part, target)
            return lambda: rows
        if self._columns is not None and _is_worth_columns(part):
            self._threads = self._threads or ThreadPoolExecutor(loky.cpu_count())
            reading = self._threads.submit(read_part, self._description, part, None, self._columns)
            return partial(self._judged, reading.result)
        if self._pool is None:
            self._pool = workers.own_pool()
        reading_apart = self._pool.submit(read_part, self._description, part, target)
        return partial(workers.survived, reading_apart.result, "reads source files", _REMEDY)

    def _judged(self, result: Callable[[], PartRows]) -> PartRows:
        """Where most lines had to be read one by one, processes are the faster readers."""
        rows = result()
        if 2 * rows.by_column < rows.kept + rows.quarantined:
            self._columns = None
        return rows


def _is_worth_columns(part: Part) -> bool:
    """Whether a part is not small, or the end of a file that is not."""
    return part.n_bytes >= _WORTH_COLUMNS_BYTES or part.span.start > 0
