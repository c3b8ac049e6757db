"""Frames read a batch at a time, no faster than somebody takes them.

Daft's own engine reads on while nobody takes what it has read: it heeds no `results_buffer_size` (0.7.26),
and two million rows that are taken slowly fill 2.5 GB instead of 0.2. So rows pass a gate on their way out of
the plan. In other processes, as on Ray, there is no gate, and they just pass.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from uuid import uuid4

import daft
import pyarrow as pa
from daft import DataFrame, col

MORSEL_ROWS = 16_384
ROOM_ROWS = 4 * MORSEL_ROWS  # what enters in parts leaves together, a morsel at a time
LONGEST_WAIT_S = 10.0
"""For rows that are read and yet do not arrive: nothing may wait for them for ever."""


def streamed(frame: DataFrame) -> Iterator[pa.RecordBatch]:
    """Batches of the frame in no order, few of them in memory: files are read one after the other."""
    field = next(iter(frame.schema()))
    with (
        _gate() as (name, gate),
        daft.execution_config_ctx(
            scantask_max_parallel=1, maintain_order=False, default_morsel_size=MORSEL_ROWS
        ),
    ):

        @daft.func.batch(return_dtype=field.dtype)
        def pass_gate(column: daft.Series) -> daft.Series:
            _enter(name, len(column))
            return column

        # Held by its name, or it would end, and wait for its readers, before the gate is opened for them.
        batches = frame.with_column(field.name, pass_gate(col(field.name))).to_arrow_iter()
        for batch in batches:
            gate.leave(batch.num_rows)
            yield batch


class _Gate:
    """Lets rows in while few of those before them are left to be taken."""

    def __init__(self) -> None:
        self._taken = Condition()
        self._inside = 0.0

    def enter(self, rows: int) -> None:
        with self._taken:
            self._taken.wait_for(lambda: self._inside < ROOM_ROWS, LONGEST_WAIT_S)
            self._inside += rows

    def leave(self, rows: float) -> None:
        with self._taken:
            self._inside -= rows
            self._taken.notify_all()


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
