"""One live line on a terminal, plain lines elsewhere; both on standard error."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bars
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

BAR_WIDTH = 24
HEARTBEAT_S = 15.0
NAME_WIDTH = 40
_DONE_OF = re.compile(r"(\d[\d,]*) of (\d[\d,]*) (?:rows|MB|steps)")


class Progress:
    """Says what is going on, and that it still is."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._task = ""
        self._detail = ""
        self._started = time.monotonic()

    @contextmanager
    def task(self, name: str) -> Iterator[None]:
        """Shows `name` with the time it takes until the block ends, then leaves a line behind."""
        self._task, self._detail, self._started = name, "", time.monotonic()
        stop = threading.Event()
        beat = threading.Thread(target=self._keep_saying, args=(stop,), daemon=True)
        beat.start()
        failed = True
        try:
            yield
            failed = False
        finally:
            stop.set()
            beat.join()
            self._leave_behind(name, failed)

    @contextmanager
    def transfer(self, name: str) -> Iterator[Callable[[int, int], None]]:
        """As `task`, for bytes: what it gives is told how many are done, of how many."""
        if not self._console.is_terminal:
            with self.task(name):
                yield lambda done, total: self.say(f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB")
            return
        self._started, failed = time.monotonic(), True
        try:
            with Bars(*_byte_columns(), console=self._console, transient=True) as bars:
                bar = bars.add_task(name, total=None)
                yield lambda done, total: bars.update(bar, completed=done, total=total)
            failed = False
        finally:
            self._leave_behind(name, failed)

    @contextmanager
    def transfers(self) -> Iterator[Callable[[str, int, int | None], None]]:
        """Shows what arrives, given its name, bytes there and bytes in all: a bar each, or plain lines."""
        if not self._console.is_terminal:
            yield self._transfer_lines()
            return
        with Bars(*_byte_columns(), TimeRemainingColumn(), console=self._console) as bars:
            known: dict[str, TaskID] = {}

            def on_file(name: str, done: int, total: int | None) -> None:
                if name not in known:
                    known[name] = bars.add_task(name[-NAME_WIDTH:], total=total)
                bars.update(known[name], completed=done, total=total)

            yield on_file

    def _transfer_lines(self) -> Callable[[str, int, int | None], None]:
        last = time.monotonic()

        def on_file(name: str, done: int, total: int | None) -> None:
            nonlocal last
            if time.monotonic() - last > HEARTBEAT_S or done == total:
                last = time.monotonic()
                of_all = f" of {total / 1e6:,.1f}" if total else ""
                self.note(f"{name}: {done / 1e6:,.1f}{of_all} MB")

        return on_file

    def note(self, text: str) -> None:
        """Leaves a line behind."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def say(self, detail: str) -> None:
        """What the task is at right now."""
        self._detail = detail.splitlines()[0][:90] if detail else ""

    def _leave_behind(self, name: str, failed: bool) -> None:
        mark = "[red]✗[/red]" if failed else "[green]✓[/green]"
        self._console.print(f"{mark} {name}  [dim]{self._elapsed()}[/dim]", highlight=False)

    def _keep_saying(self, stop: threading.Event) -> None:
        if self._console.is_terminal:
            with self._console.status(self._line(), spinner="dots") as status:
                while not stop.wait(0.2):
                    status.update(self._bar() or self._line())
            return
        while not stop.wait(HEARTBEAT_S):
            self._console.print(f"… {self._line()}", markup=False, highlight=False, soft_wrap=True)

    def _bar(self) -> RenderableType | None:
        """The line with a bar before it, where the detail says how much is done of how much."""
        found = _DONE_OF.search(self._detail)
        if not found:
            return None
        done, total = (float(number.replace(",", "")) for number in found.groups())
        grid = Table.grid(padding=(0, 1))
        grid.add_row(ProgressBar(total=total, completed=done, width=BAR_WIDTH), Text(self._line()))
        return grid

    def _line(self) -> str:
        return "  ".join(part for part in (self._task, self._elapsed(), self._detail) if part)

    def _elapsed(self) -> str:
        seconds = time.monotonic() - self._started
        return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"


def _byte_columns() -> tuple[ProgressColumn, ...]:
    return TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
