"""Frames read a batch at a time, no faster than somebody takes them.

Daft's own engine reads on while nobody takes what it has read: it heeds no `results_buffer_size` (0.7.26),
and two million rows that are taken slowly fill 2.5 GB instead of 0.2. So rows pass a gate on their way out of
the plan. In other processes, as on Ray, there is no gate, and they just pass.

Who waits at a gate holds a thread of the engine, so whoever takes the rows runs no other frame meanwhile.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from threading import Condition
from uuid import uuid4

import daft
import pyarrow as pa
from daft import DataFrame, col

MORSEL_ROWS = 16_384
ROOM_ROWS = 4 * MORSEL_ROWS  # what enters in parts leaves together, a morsel at a time
PATIENCE_S = 0.02
"""Who asks so long for rows lets all in that wait. Rows may be in and yet not come: those that overtook
others at the gate, and parts of a morsel."""
LONGEST_WAIT_S = 600.0  # for who asks for none: rows that another frame wants may stand behind


def streamed(frame: DataFrame) -> Iterator[pa.RecordBatch]:
    """Batches of the frame in its order, few of them in memory: files are read one after the other."""
    field = next(iter(frame.schema()))
    with _gate() as (name, gate):

        @daft.func.batch(return_dtype=field.dtype)
        def pass_gate(column: daft.Series) -> daft.Series:
            _enter(name, len(column))
            return column

        gate.ask()
        # Held by its name, or it would end, and wait for its readers, before the gate is opened for them.
        batches = _begun(frame.with_column(field.name, pass_gate(col(field.name))))
        for batch in batches:
            gate.leave(batch.num_rows)
            yield batch
            gate.ask()


def _begun(frame: DataFrame) -> Iterator[pa.RecordBatch]:
    """Batches of the frame, which runs already, so that how it does is no other frame's."""
    with daft.execution_config_ctx(scantask_max_parallel=1, default_morsel_size=MORSEL_ROWS):
        batches = frame.to_arrow_iter()
        first = [*islice(batches, 1)]
    return chain(first, batches)


class _Gate:
    """Lets rows in while few of those before them are left to be taken."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0.0
        self._asked_at: float | None = None

    def enter(self, rows: int) -> None:
        end = time.monotonic() + LONGEST_WAIT_S
        with self._changed:
            while self._inside >= ROOM_ROWS and not self._is_missed() and time.monotonic() < end:
                self._changed.wait(PATIENCE_S)
            self._inside += rows

    def ask(self) -> None:
        """Somebody waits for rows from now on."""
        with self._changed:
            self._asked_at = time.monotonic()

    def leave(self, rows: float) -> None:
        """So many rows were taken."""
        with self._changed:
            self._asked_at = None
            self._inside -= rows
            self._changed.notify_all()

    def _is_missed(self) -> bool:
        return self._asked_at is not None and time.monotonic() - self._asked_at > PATIENCE_S


_gates: dict[str, _Gate] = {}


@contextmanager
def _gate() -> Iterator[tuple[str, _Gate]]:
    """A gate by a name of its own; open for good afterwards, so that nobody is left waiting."""
    name, gate = uuid4().hex, _Gate()
    _gates[name] = gate
    try:
        yield name, gate
    finally:
        del _gates[name]
        gate.leave(float("inf"))


def _enter(name: str, rows: int) -> None:
    gate = _gates.get(name)
    if gate:
        gate.enter(rows)
