"""What a benchmark found: for people as tables, for machines as JSON, for the docs as Markdown."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataset_platform.bench.contestant import Outcome
from dataset_platform.bench.figures import MB, Figures, Spread, figures_of
from dataset_platform.bench.machine import Machine
from dataset_platform.display import Row, Shown
from dataset_platform.errors import PlatformError

SCHEMA = 2
"""Raised whenever the JSON changes its keys or their meaning."""


class OursFailed(PlatformError):
    """The platform did not finish the work that a benchmark measures."""


@dataclass(frozen=True)
class Report:
    """`about` says what the workloads are, `findings` what follows from the figures; each a line.

    `tables` are shown after those of the figures, by their titles. `broken` is what did not hold, if anything
    that no contestant stands for did not.
    """

    benchmark: str
    machine: Machine
    rounds: int
    outcomes: Sequence[Outcome]
    about: Sequence[str]
    findings: Sequence[str]
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    broken: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "benchmark": self.benchmark,
            "machine": self.machine.as_dict(),
            "rounds": self.rounds,
            "about": list(self.about),
            "versions": self._versions(),
            "figures": [figures.as_dict() for figures in figures_of(self.outcomes)],
            "findings": list(self.findings),
            "tables": {title: list(rows) for title, rows in self.tables.items()},
        }

    def shown(self) -> Shown:
        """As a command prints it; fails when ours did."""
        failed = [o for o in self.outcomes if o.case.contestant.ours and o.failure]
        said = f"{failed[0].case.workload}: {failed[0].failure}" if failed else self.broken
        failure = OursFailed(said) if said else None
        lines = [*self.about, str(self.machine), *self._versions_line(), *self.findings]
        return Shown(self.as_dict(), self._tables(), lines, failure)

    def markdown(self) -> str:
        """The section of the docs, between the marks by which it is found and replaced."""
        lines = [self._mark("begin"), "", *(f"- {line}" for line in self.about)]
        lines += [
            f"- {self.machine}; {self.rounds} {'round' if self.rounds == 1 else 'rounds'} after a warm-up"
        ]
        lines += [f"- {line}" for line in self._versions_line()]
        for title, rows in self._tables().items():
            lines += ["", f"**{title}**", "", *_markdown_table(rows)]
        lines += ["", *(f"- {line}" for line in self.findings)] if self.findings else []
        return "\n".join([*lines, "", self._mark("end")])

    def write_json(self, folder: Path) -> Path:
        """The file in the folder that holds the last report of this benchmark."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.benchmark.replace(' ', '-')}.json"
        path.write_text(f"{json.dumps(self.as_dict(), indent=2)}\n")
        return path

    def write_markdown(self, page: Path) -> None:
        """Replaces this benchmark's section of the page, or appends it."""
        text = page.read_text() if page.exists() else ""
        begin, end = (re.escape(self._mark(edge)) for edge in ("begin", "end"))
        section = self.markdown()
        replaced, found = re.subn(f"{begin}.*?{end}", lambda _: section, text, count=1, flags=re.DOTALL)
        page.write_text(replaced if found else f"{text.rstrip()}\n\n{section}\n".lstrip())

    def _mark(self, edge: str) -> str:
        return f"<!-- bench {self.benchmark}: {edge}, written by `dataset-platform bench --markdown` -->"

    def _tables(self) -> dict[str, list[Row]]:
        tables: dict[str, list[Figures]] = {}
        for figures in figures_of(self.outcomes):
            tables.setdefault(f"{figures.workload}, {figures.part}".rstrip(", "), []).append(figures)
        shown = {title: _rows(found) for title, found in tables.items()}
        return {**shown, **{title: list(rows) for title, rows in self.tables.items()}}

    def _versions(self) -> dict[str, str]:
        """Versions of what ran, by package; the peers' own where their Python is another one."""
        return {
            package: version
            for outcome in self.outcomes
            for run in outcome.runs[:1]
            for package, version in run.versions.items()
            if package != "python"
        }

    def _versions_line(self) -> list[str]:
        versions = self._versions()
        return [", ".join(f"{name} {versions[name]}" for name in sorted(versions))] if versions else []


def _rows(found: Sequence[Figures]) -> list[Row]:
    told = (name for figures in found for name in figures.facts)
    facts = list(dict.fromkeys(name for name in told if not name.startswith("_")))
    are_counted, are_compared = (
        any(getattr(figures, name) for figures in found) for name in ("rows_per_s", "ratio")
    )
    return [
        {
            "contestant": figures.contestant,
            "seconds": _text(figures.seconds),
            **({"rows/s": _middle(figures.rows_per_s, ",.0f")} if are_counted else {}),
            "MB/s": _middle(figures.mb_per_s, ".0f"),
            **({"× ours": _text(figures.ratio)} if are_compared else {}),  # noqa: RUF001
            "whole s": _middle(figures.process_s, ".1f"),
            "CPU s": _middle(figures.cpu_s, ".1f"),
            "peak GB": _middle(figures.peak_bytes, ".2f", 1000 * MB),
            **{name: figures.facts.get(name) for name in facts},
            "note": figures.failure,
        }
        for figures in found
    ]


def _text(spread: Spread | None) -> str:
    return str(spread) if spread else ""


def _middle(spread: Spread | None, form: str, unit: float = 1.0) -> str:
    return format(spread.median / unit, form) if spread else ""


def _markdown_table(rows: Sequence[Row]) -> list[str]:
    names = list(rows[0])
    lines = [_markdown_row(dict(zip(names, names, strict=True))), _markdown_row(dict.fromkeys(names, "---"))]
    return [*lines, *(_markdown_row(row) for row in rows)]


def _markdown_row(row: Mapping[str, object]) -> str:
    cells = (_markdown_cell(value) for value in row.values())
    return f"| {' | '.join(cells)} |"


def _markdown_cell(value: object) -> str:
    if value is None:
        return ""
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text.replace("|", r"\|")
