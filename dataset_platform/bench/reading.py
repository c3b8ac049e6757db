"""`bench sources`: JSON files of conversations into Parquet, by ours and by what else one would take."""

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from dataset_platform.bench import reading_contestants
from dataset_platform.bench.contestant import Case, Contestant, Outcome
from dataset_platform.bench.corpus import Corpus, Damage, Layout, Specification, corpus
from dataset_platform.bench.findings import at_most, find, peak_gb, ratio
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.race import chosen, race
from dataset_platform.bench.reading_audit import audit
from dataset_platform.bench.report import Report
from dataset_platform.progress import Progress

SCRIPT = Path(reading_contestants.__file__)
LINES_DAMAGE = (Damage.CLEAN, Damage.BAD_LINES, Damage.SHIFTING)
DOCUMENT_DAMAGE = (Damage.CLEAN, Damage.TRUNCATED)


def reading_report(
    folder: Path,
    rows: int,
    document: bool,
    rounds: int,
    only: Sequence[str],
    peers: Path | None,
    progress: Progress,
) -> Report:
    """Races the contestants; corpora stay in the folder, what the runs write does not."""
    competing = chosen(contestants(document, peers), only)
    with progress.task(f"corpora of {rows:,} conversations"):
        running = cases(competing, rows, document, folder / "corpora")
    machine = this_machine()
    outcomes = race(running, rounds, folder / "work", progress)
    name = "sources document" if document else "sources"
    corpora = about(running, rows, document, folder / "corpora")
    return Report(name, machine, rounds, outcomes, corpora, findings(outcomes, document))


def contestants(document: bool, peers: Path | None = None) -> list[Contestant]:
    """Ours in this Python, then the peers in theirs."""

    def peer(name: str, function: str, *packages: str) -> Contestant:
        return Contestant(name, SCRIPT, function, packages, peers or Path(sys.executable))

    ours = Contestant("ours", SCRIPT, "ours", ("orjson", "pyarrow"), ours=True)
    if document:
        return [
            ours,
            peer("json.load + pandas", "pandas_document", "pandas", "pyarrow"),
            peer("ijson", "ijson_items", "ijson", "pyarrow"),
        ]
    return [
        ours,
        peer("polars", "polars_scan", "polars"),
        peer("duckdb", "duckdb_copy", "duckdb"),
        peer("daft", "daft_read", "daft"),
        peer("orjson + pyarrow", "orjson_lines", "orjson", "pyarrow"),
        peer("json + pandas", "pandas_lines", "pandas", "pyarrow"),
    ]


def cases(competing: Sequence[Contestant], rows: int, document: bool, folder: Path) -> list[Case]:
    """Each contestant on each corpus; on bad lines also with what it offers to get past them."""
    layout = Layout.DOCUMENT if document else Layout.JSONL
    found = []
    for damage in DOCUMENT_DAMAGE if document else LINES_DAMAGE:
        written = corpus(Specification(rows, damage, layout), folder)
        for contestant in competing:
            found += list(_cases(contestant, damage, written))
    return found


def _cases(contestant: Contestant, damage: Damage, written: Corpus) -> Iterator[Case]:
    task = {"input": str(written.path)}
    look = partial(audit, written, contestant.ours)
    yield Case(contestant, damage.value, task, written.bytes, look)
    if damage is Damage.BAD_LINES and contestant.function in _SKIP_BAD_LINES:
        tolerant = Contestant(
            f"{contestant.name}, {_SKIP_BAD_LINES[contestant.function]}",
            contestant.script,
            contestant.function,
            contestant.packages,
            contestant.python,
        )
        yield Case(tolerant, damage.value, {**task, "tolerant": "yes"}, written.bytes, look)


_SKIP_BAD_LINES = {
    "polars_scan": "ignore_errors",
    "duckdb_copy": "ignore_errors",
    "orjson_lines": "except: continue",
    "pandas_lines": "except: continue",
}


def about(found: Sequence[Case], rows: int, document: bool, folder: Path) -> list[str]:
    """What was read: each corpus that a case is about, with its size and digest."""
    layout = Layout.DOCUMENT if document else Layout.JSONL
    damages = dict.fromkeys(case.workload for case in found)
    return [f"{name}: {corpus(Specification(rows, Damage(name), layout), folder)}" for name in damages]


def findings(outcomes: Sequence[Outcome], document: bool) -> list[str]:
    """The targets, each with what was measured."""
    ours = find(outcomes, "ours", Damage.CLEAN)
    damaged = find(outcomes, "ours", Damage.BAD_LINES)
    polars, duckdb = (find(outcomes, name, Damage.CLEAN) for name in ("polars", "duckdb"))
    return [
        *at_most("ours on bad lines: clean, seconds", ratio(damaged, ours, "read"), 1.2),
        *at_most("ours: polars on clean lines, seconds", ratio(ours, polars, "read"), 1.0),
        *at_most("ours: duckdb on clean lines, seconds", ratio(ours, duckdb, "read"), 1.1),
        *at_most("ours on clean input, peak GB", peak_gb(ours), 1.5 if document else 0.5),
    ]
