"""Parts read by several threads or processes, or here when there is little to read."""

import gc
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import TracebackType
from typing import Self

import loky
from loky.process_executor import BrokenProcessPool

from dataset_platform.errors import RunFailed
from dataset_platform.ingest.columns.column_reading import column_reader
from dataset_platform.ingest.describing.description import SourceDescription
from dataset_platform.ingest.part_reading import PartRows, read_part
from dataset_platform.ingest.parts import Part

_WORTH_PROCESSES_BYTES = 24 * 2**20
"""Less than this is read sooner than processes start (about half a second)."""

_WORTH_COLUMNS_BYTES = 2**18
"""Less than this is read sooner than a query is planned."""

_KEPT_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
"""Workers keep freed memory for their next batch, Python's and Arrow's in one place: handing it back
and forth was a tenth of their time."""


_ALLOCATIONS_BETWEEN_COLLECTIONS = 200_000
"""Of a record all objects live until its batch is written, and Python would look through them 30 times."""


class PartReaders:
    """Takes parts, and gives their rows when asked.

    Processes are started once, when more than 24 MiB are to be read in all.
    They are loky's, which neither fork a process that has threads nor import
    its main module again. Lines and rows that can be read as columns are read by threads
    instead, as long as that does for most of them.
    """

    def __init__(self, description: SourceDescription, scratch: Path) -> None:
        self._description = description
        self._scratch = scratch
        self._parts = self._bytes = 0
        self._pool: loky.ProcessPoolExecutor | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._columns = column_reader(description)
        self.processes = loky.cpu_count()

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
            self._threads = self._threads or ThreadPoolExecutor(self.processes)
            reading = self._threads.submit(read_part, self._description, part, None, self._columns)
            return partial(self._judged, reading.result)
        if self._pool is None:
            self._pool = loky.ProcessPoolExecutor(self.processes, initializer=_prepare, env=_KEPT_MEMORY)
        return partial(_awaited, self._pool.submit(read_part, self._description, part, target).result)

    def _judged(self, result: Callable[[], PartRows]) -> PartRows:
        """Where most lines had to be read one by one, processes are the faster readers."""
        rows = result()
        if 2 * rows.by_column < rows.kept + rows.quarantined:
            self._columns = None
        return rows


def _is_worth_columns(part: Part) -> bool:
    """Whether a part is not small, or the end of a file that is not."""
    return part.n_bytes >= _WORTH_COLUMNS_BYTES or part.span.start > 0


def _prepare() -> None:
    """What a process of this kind goes without: pandas, and looking for cycles, which records never form."""
    _go_without_pandas()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)


def _go_without_pandas() -> None:
    """Keeps pyarrow from importing pandas, which it does to recognise frames among what it is given.

    That is half a second and 60 MB in each process, and workers give it lists only.
    """
    sys.meta_path.insert(0, _NoPandas())


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:  # noqa: ARG002
        if fullname == "pandas":
            raise ImportError("workers go without pandas")


def _awaited(result: Callable[[], PartRows]) -> PartRows:
    try:
        return result()
    except BrokenProcessPool:
        raise RunFailed(
            "A process that reads source files was killed, most often for lack of memory. "
            "Run again with more memory, or with a smaller `limits.max_record_bytes`."
        ) from None
