"""What a run tells while it goes on: loss curve, log file, loggers, and a line for people."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from dataset_platform.training.checkpoint import LossPoint
from dataset_platform.training.cost import Work
from dataset_platform.training.loggers import Sink

COLUMNS = ("step", "train_loss", "validation_loss", "learning_rate", "tokens_per_s")


@dataclass(frozen=True)
class StepReport:
    """One step as people want to see it. `mfu` is the share of the device's peak, None if that is unknown."""

    step: int
    total: int
    loss: float
    learning_rate: float
    tokens: int
    tokens_per_s: float
    mfu: float | None
    left_s: float

    def __str__(self) -> str:
        mfu = f", {self.mfu:.1%} MFU" if self.mfu is not None else ""
        minutes, seconds = divmod(round(self.left_s), 60)
        return (
            f"step {self.step}/{self.total}: loss {self.loss:.3f}, {self.tokens_per_s:,.0f} tokens/s{mfu}, "
            f"{minutes}:{seconds:02} left"
        )


OnProgress = Callable[[StepReport], None]


@dataclass(frozen=True)
class StepFigures:
    """What one step did, counted over all processes; `pairs` are squares of conversations' lengths."""

    loss: float
    learning_rate: float
    tokens: int
    trained: int
    pairs: int
    conversations: int
    duration_s: float


class Recorder:
    """Keeps the loss curve and the counts, and passes them on; `facts` is all of it, for a state."""

    def __init__(
        self,
        log_file: Path | None,
        total: int,
        on_progress: OnProgress,
        work: Work | None = None,
        peak_flops: float | None = None,
        sinks: Sequence[Sink] = (),
    ) -> None:
        """`peak_flops` are the devices' a second, where they are known."""
        self.rows: list[list[float | None]] = []
        self.tokens_seen = self.tokens_trained = self.conversations_seen = 0
        self.fitting_s = 0.0
        self._log_file = log_file
        self._total = total
        self._on_progress = on_progress
        self._work, self._peak_flops = work, peak_flops
        self._sinks = sinks
        self._write_all()

    @property
    def points(self) -> list[LossPoint]:
        return [
            LossPoint(step=int(row[0] or 0), train_loss=row[1], validation_loss=row[2]) for row in self.rows
        ]

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "tokens_seen": self.tokens_seen,
            "tokens_trained": self.tokens_trained,
            "conversations_seen": self.conversations_seen,
            "fitting_s": self.fitting_s,
        }

    def go_on_from(self, facts: dict[str, Any]) -> None:
        """Forgets what came after a state, as those steps come again."""
        self.rows = [list(row) for row in facts["rows"]]
        self.tokens_seen = facts["tokens_seen"]
        self.tokens_trained = facts["tokens_trained"]
        self.conversations_seen = facts["conversations_seen"]
        self.fitting_s = facts["fitting_s"]
        self._write_all()

    def trained(self, step: int, figures: StepFigures) -> None:
        tokens_per_s = figures.tokens / figures.duration_s
        self.tokens_seen += figures.tokens
        self.tokens_trained += figures.trained
        self.conversations_seen += figures.conversations
        self.fitting_s += figures.duration_s
        self._add([step, figures.loss, None, figures.learning_rate, round(tokens_per_s, 1)])
        told = {"train_loss": figures.loss, "learning_rate": figures.learning_rate}
        for sink in self._sinks:
            sink.log(step, told | {"tokens_per_s": tokens_per_s})
        self._on_progress(
            StepReport(
                step=step,
                total=self._total,
                loss=figures.loss,
                learning_rate=figures.learning_rate,
                tokens=figures.tokens,
                tokens_per_s=tokens_per_s,
                mfu=self._mfu(figures),
                left_s=self.fitting_s / step * (self._total - step),
            )
        )

    def _mfu(self, figures: StepFigures) -> float | None:
        if self._work is None or self._peak_flops is None:
            return None
        flops = self._work.flops(figures.tokens, figures.trained, figures.pairs)
        return flops / figures.duration_s / self._peak_flops

    def validated(self, step: int, loss: float) -> None:
        self._add([step, None, loss, None, None])
        for sink in self._sinks:
            sink.log(step, {"validation_loss": loss})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for sink in self._sinks:
            sink.close(finished=kind is None)

    def _add(self, row: list[float | None]) -> None:
        self.rows.append(row)
        self._write("a", [row])

    def _write_all(self) -> None:
        self._write("w", [COLUMNS, *self.rows])

    def _write(self, mode: str, rows: Iterable[Iterable[object]]) -> None:
        if self._log_file:
            with self._log_file.open(mode, encoding="utf-8", newline="") as stream:
                csv.writer(stream, lineterminator="\n").writerows(rows)
