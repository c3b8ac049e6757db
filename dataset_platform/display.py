"""What commands print: tables for people, JSON for machines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataset_platform.errors import PlatformError

WIDTH_OF_PLAIN_TEXT = 1_000  # a row is a line, for grep and logs
Row = Mapping[str, object]
# On a terminal, words that judge have a colour; they say the same without one.
COLOURS = {
    "passed": "green",
    "ok": "green",
    "equal": "green",
    "failed": "red",
    "changed": "red",
    "missing": "red",
    "differs": "red",
    "warning": "yellow",
    "not measured": "yellow",
}


@dataclass(frozen=True)
class Shown:
    """The outcome of a command: titled tables, lines to end with, and what failed, if anything did.

    `facts` is the same for machines; tables and facts hold counts, ids and paths only.
    """

    facts: Mapping[str, Any]
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    closing: Sequence[str] = ()
    failure: PlatformError | None = None

    def then(self, other: "Shown") -> "Shown":
        """Both outcomes, one below the other; the first failure counts."""
        return Shown(
            facts={**self.facts, **other.facts},
            tables={**self.tables, **other.tables},
            closing=[*self.closing, *other.closing],
            failure=self.failure or other.failure,
        )

    def print(self, as_json: bool) -> None:
        """To standard output: one JSON document, or tables. Raises the failure after that."""
        if as_json:
            print(json.dumps(self.facts, indent=2, default=str))
        else:
            self._print_tables()
        if self.failure:
            raise self.failure

    def _print_tables(self) -> None:
        # Cells hold what files say, so nothing in them may pass for markup.
        console = Console(highlight=False, markup=False, emoji=False)
        if not console.is_terminal:
            console.width = WIDTH_OF_PLAIN_TEXT
        for title, rows in self.tables.items():
            console.print(title, style="bold", soft_wrap=True)
            console.print(_table(rows))
        for line in self.closing:
            console.print(line, soft_wrap=True)


def counted(number: int, thing: str) -> str:
    """How many there are of a thing whose plural ends in s: `1 record`, `2,000 records`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _table(rows: Sequence[Row]) -> Table:
    table = Table(header_style="dim", box=None)
    for name, value in (rows[0] if rows else {}).items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        cells = [_cell(value) for value in row.values()]
        table.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in cells))
    return table


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
