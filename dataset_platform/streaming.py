"""Frames read a batch at a time, no faster than somebody takes them.

Daft's own engine reads on while nobody takes what it has read: it heeds no `results_buffer_size` (0.7.26),
and two million rows that are taken slowly fill 2.5 GB instead of 0.2. So rows pass a gate on their way out of
the plan. In other processes, as on Ray, there is no gate, and they just pass.

Who waits at a gate holds a thread of the engine. So a gate opens for good where who takes the rows runs
another frame before it takes more.
"""

import logging
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from itertools import chain, islice
from threading import Condition, RLock, get_ident
from uuid import uuid4

import daft
import pyarrow as pa
from daft import DataFrame, col

MORSEL_ROWS = 16_384
ROOM_ROWS = 4 * MORSEL_ROWS  # what enters in parts leaves together, a morsel at a time
PATIENCE_S = 0.01
"""Who asks so long for rows lets those in that have waited longest. Rows may be in and yet not come: those
that overtook others at the gate, and parts of a morsel."""
LOOKS_EVERY_S = 0.2
_HERE = uuid4().hex  # this process, among those that a plan runs in


@contextmanager
def streamed(frame: DataFrame) -> Iterator[Iterator[pa.RecordBatch]]:
    """Batches of the frame in its order; a file of them and few batches are in memory.

    The plan ends with the block, however far it came.
    """
    name, gate = uuid4().hex, _Gate()
    # The gate is left first: while it holds rows back, the plan's end would wait for them.
    with closing(_through(gate, name, frame)) as batches, _standing(gate, name):
        yield batches


def _through(gate: "_Gate", name: str, frame: DataFrame) -> Generator[pa.RecordBatch, None, None]:
    field, process = next(iter(frame.schema())), _HERE

    @daft.func.batch(return_dtype=field.dtype)
    def pass_gate(column: daft.Series) -> daft.Series:
        _enter(process, name, len(column))
        return column

    gate.ask()
    for batch in _begun(frame.with_column(field.name, pass_gate(col(field.name)))):
        gate.leave(batch.num_rows)
        yield batch
        gate.ask()


_configuring = RLock()


def _begun(frame: DataFrame) -> Iterator[pa.RecordBatch]:
    """Batches of the frame, which runs already: what was set for it is set no more."""
    settings = daft.execution_config_ctx(scantask_max_parallel=1, default_morsel_size=MORSEL_ROWS)
    with _configuring, settings:  # they hold for the process, so one at a time
        batches = frame.to_arrow_iter()
        first = [*islice(batches, 1)]
    return chain(first, batches)


class _Abandoned(Exception):
    """Nobody takes these rows any more."""


_ENDED_HERE = ("UDF pass_gate", "RuntimeStatsManager was already finished")


def _is_news(record: logging.LogRecord) -> bool:
    """Whether Daft tells of something else than that a plan was ended here."""
    return not any(told in record.getMessage() for told in _ENDED_HERE)


for _logger in ("daft_local_execution", "daft_local_execution.runtime_stats"):
    logging.getLogger(_logger).addFilter(_is_news)


class _Gate:
    """Lets rows in, those first that came first, while few of those before them are left to be taken."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0
        self._came = self._entered = 0
        self._asked_at: float | None = None
        self._taker = get_ident()
        self._is_open = self._is_abandoned = False

    def enter(self, rows: int) -> None:
        """Raises _Abandoned where nobody will take them."""
        with self._changed:
            turn, self._came = self._came, self._came + 1
            while not self._lets_in(turn):
                self._changed.wait(self._until_next_look(turn))
            self._entered += 1
            self._inside += rows
            if self._asked_at is not None:
                self._asked_at = time.monotonic()
            self._changed.notify_all()

    def ask(self) -> None:
        """Somebody waits for rows from now on."""
        with self._changed:
            self._asked_at, self._taker = time.monotonic(), get_ident()
            self._changed.notify_all()

    def leave(self, rows: int) -> None:
        """So many rows were taken."""
        with self._changed:
            self._asked_at = None
            self._inside -= rows
            self._changed.notify_all()

    def abandon(self) -> None:
        with self._changed:
            self._is_abandoned = True
            self._changed.notify_all()

    def _lets_in(self, turn: int) -> bool:
        if self._is_abandoned:
            raise _Abandoned
        if self._is_open or turn != self._entered:
            return self._is_open
        if self._inside < ROOM_ROWS or self._is_missed():
            return True
        self._is_open = self._asked_at is None and _runs_a_frame(self._taker)
        return self._is_open

    def _is_missed(self) -> bool:
        return self._asked_at is not None and time.monotonic() - self._asked_at >= PATIENCE_S

    def _until_next_look(self, turn: int) -> float | None:
        if turn != self._entered:
            return None
        return LOOKS_EVERY_S if self._asked_at is None else PATIENCE_S


def _runs_a_frame(thread: int) -> bool:
    """Whether the thread is in a function of Daft, which may wait for the threads that wait here."""
    at = sys._current_frames().get(thread)
    while at:
        if str(at.f_globals.get("__name__")).startswith("daft."):
            return True
        at = at.f_back
    return False


_gates: dict[str, _Gate] = {}


@contextmanager
def _standing(gate: _Gate, name: str) -> Iterator[None]:
    """The gate is found by its name. Afterwards it is abandoned, so that nobody is left waiting."""
    _gates[name] = gate
    try:
        yield
    finally:
        gate.abandon()
        del _gates[name]


def _enter(process: str, name: str, rows: int) -> None:
    if process != _HERE:
        return
    gate = _gates.get(name)
    if gate is None:
        raise _Abandoned
    gate.enter(rows)
