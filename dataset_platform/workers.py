"""Processes beside this one, for work that holds Python's lock. They are gone when this one is.

They are loky's, which neither fork a process that has threads nor import its main module again.
"""

import gc
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from importlib.abc import MetaPathFinder
from threading import Lock, Thread
from typing import TypeVar

import loky
import pyarrow as pa
from loky.process_executor import BrokenProcessPool

from dataset_platform import memory
from dataset_platform.errors import RunFailed

Result = TypeVar("Result")

_BYTES_EACH = 600 * 2**20
"""What a process with models and a batch of conversations takes: so many fit into what is free."""

_FEWER = "with fewer processes (LOKY_MAX_CPU_COUNT)"
_IDLE_S = 10
_WATCH_S = 1.0
_sharing = Lock()

_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
"""A worker computes on one processor. It keeps freed memory for its next batch, Python's and Arrow's in one
place: handing it back and forth was a tenth of its time."""

_ALLOCATIONS_BETWEEN_COLLECTIONS = 200_000
"""Of a record all objects live until its batch is written, and Python would look through them 30 times."""


@cache
def processes() -> int:
    """How many work side by side: one for each processor of this container, fewer where memory is short."""
    return max(1, min(loky.cpu_count(), memory.available() // _BYTES_EACH))


def own_pool(idle_s: float | None = None) -> loky.ProcessPoolExecutor:
    """Workers of the caller, who shuts them down; or who lets them go when they had no work for so long."""
    return loky.ProcessPoolExecutor(
        processes(), timeout=idle_s, initializer=_prepare, initargs=(os.getpid(),), env=_ENVIRONMENT
    )


def in_worker(work: Callable[[pa.RecordBatch], pa.Array], rows: pa.RecordBatch, doing: str) -> pa.Array:
    """What the work makes of the rows, done by a worker that all threads share; errors as of `survived`.

    Where there is room for one process only, that is this one.
    """
    if processes() == 1:
        return work(rows)
    with _sharing:
        pool = _shared_pool()
    # Pickle would send all rows that these were cut from.
    sent = rows.serialize().to_pybytes()
    try:
        return survived(lambda: pool.submit(_work_on, work, rows.schema, sent).result(), doing, _FEWER)
    except RunFailed:
        _shared_pool.cache_clear()
        raise


def survived(work: Callable[[], Result], doing: str, remedy: str) -> Result:
    """What the work gives. Raises RunFailed where its process was killed, saying what that was `doing`."""
    try:
        return work()
    except BrokenProcessPool:
        raise RunFailed(
            f"A process that {doing} was killed, most often for lack of memory. "
            f"Run again with more memory, or {remedy}."
        ) from None


def _work_on(work: Callable[[pa.RecordBatch], pa.Array], schema: pa.Schema, sent: bytes) -> pa.Array:
    return work(pa.ipc.read_record_batch(pa.py_buffer(sent), schema))


@cache
def _shared_pool() -> loky.ProcessPoolExecutor:
    """Loky's own pool of this kind is one for each thread."""
    return own_pool(_IDLE_S)


def _prepare(parent: int) -> None:
    """What a worker goes without: pandas, and looking for cycles, which records never form; and its end."""
    Thread(target=_end_with, args=(parent,), daemon=True).start()
    sys.meta_path.insert(0, _NoPandas())
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)


def _end_with(parent: int) -> None:
    """Ends this process when its parent was killed, which could not tell it to end."""
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(1)


class _NoPandas(MetaPathFinder):
    """Keeps pyarrow from importing pandas, which it does to recognise frames among what it is given.

    That is half a second and 60 MB in each process, and workers give it lists only.
    """

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:  # noqa: ARG002
        if fullname == "pandas":
            raise ImportError("workers go without pandas")
