"""Processes beside this one, for work that holds Python's lock. They are gone when this one is.

They are loky's, which neither fork a process that has threads nor import its main module again.
"""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import cache
from importlib.abc import MetaPathFinder
from multiprocessing import util
from threading import Lock, Thread
from typing import TypeVar

import loky
import pyarrow as pa
from loky.process_executor import BrokenProcessPool, TerminatedWorkerError

from dataset_platform import memory
from dataset_platform.errors import RunFailed, places_of

Result = TypeVar("Result")

_BYTES_HERE, _BYTES_EACH = 3 * 2**29, 600 * 2**20
"""What this process grows to while it reads ahead and writes, and what one with models and a batch of
conversations takes: so many of the latter fit into what the former leaves free."""

_FEWER = "with fewer processes (LOKY_MAX_CPU_COUNT)"
_IDLE_S = 10
_WATCH_S = 1.0

_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "LOKY_MAX_MEMORY_LEAK_SIZE": str(_BYTES_EACH),
}
"""A worker computes on one processor. It keeps freed memory for its next batch, Python's and Arrow's in one
place: handing it back and forth was a tenth of its time. Loky is told not to take that for a leak."""

_ALLOCATIONS_BETWEEN_COLLECTIONS = 200_000
"""Of a record all objects live until its batch is written, and Python would look through them 30 times."""


@cache
def processes() -> int:
    """How many work side by side: one for each processor of this container, fewer where memory is short."""
    return max(1, min(loky.cpu_count(), (memory.available() - _BYTES_HERE) // _BYTES_EACH))


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
    # Pickle would send all rows that these were cut from.
    sent = rows.serialize().to_pybytes()
    return survived(lambda: _shared.result(_work_on, work, rows.schema, sent), doing, _FEWER)


def end() -> None:
    """Ends the shared workers: for a process that ends without what it would do at its exit."""
    _shared.end()


def survived(work: Callable[[], Result], doing: str, remedy: str) -> Result:
    """What the work gives. Raises RunFailed where its process was killed, saying what that was `doing`."""
    try:
        return work()
    except TerminatedWorkerError:
        raise RunFailed(
            f"A process that {doing} was killed, most often for lack of memory. "
            f"Run again with more memory, or {remedy}."
        ) from None


def _work_on(work: Callable[[pa.RecordBatch], pa.Array], schema: pa.Schema, sent: bytes) -> pa.Array:
    try:
        return work(pa.ipc.read_record_batch(pa.py_buffer(sent), schema))
    except Exception as error:
        error.__dict__["places"] = places_of(error)  # its trace stays here
        raise


class _SharedPool:
    """Workers of all threads, begun anew where one was killed; loky's own such pool is one a thread."""

    def __init__(self) -> None:
        self._pool: loky.ProcessPoolExecutor | None = None
        self._one_at_a_time = Lock()

    def result(self, work: Callable[..., pa.Array], *given: object) -> pa.Array:
        with self._one_at_a_time:
            pool = self._pool = self._pool or own_pool(_IDLE_S)
        try:
            return pool.submit(work, *given).result()
        except BrokenProcessPool:
            with self._one_at_a_time:
                if self._pool is pool:  # and none that another thread has begun
                    self._pool = None
            raise

    def end(self) -> None:
        with self._one_at_a_time:
            if self._pool is None:
                return
            self._pool.shutdown(kill_workers=True)
            self._pool = None
        # As at the exit of a process, or loky warns of the locks that the pool had.
        util._run_finalizers(0)  # type: ignore[attr-defined]


_shared = _SharedPool()


def _prepare(parent: int) -> None:
    """What a worker goes without: pandas, looking for cycles, which records never form, and Ctrl-C, which its
    parent answers; and its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
