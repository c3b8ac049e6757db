"""`bench curate`: a file of conversations, normalised, filtered and deduplicated, by ours and by others."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dataset_platform.bench import curating_contestants, curating_ours
from dataset_platform.bench.contestant import Case, Contestant, Outcome
from dataset_platform.bench.curating_audit import audit
from dataset_platform.bench.damage import damage_table
from dataset_platform.bench.figures import Spread
from dataset_platform.bench.findings import at_least, at_most, find, peak_gb, ratio
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.planted import Planted, planted
from dataset_platform.bench.race import chosen, race
from dataset_platform.bench.report import Report
from dataset_platform.progress import Progress

OURS, SCRIPT = Path(curating_ours.__file__), Path(curating_contestants.__file__)
WORKLOAD, PART = "curation", "curate"
LIMIT = "reading and writing alone"
FRAMEWORKS = ("text-dedup", "datatrove", "data-juicer")
"""They take minutes where the others take seconds: one round, no warm-up."""
MEMORY_ROWS = 200_000


def curating_report(
    folder: Path, rows: int, rounds: int, only: Sequence[str], peers: Path | None, progress: Progress
) -> Report:
    """Races the contestants; corpora stay in the folder, what the runs write does not."""
    competing = chosen(contestants(peers), only)
    with progress.task(f"corpus of {rows:,} conversations"):
        corpus = planted(rows, folder / "corpora")
    machine = this_machine()
    outcomes = race([case(contestant, corpus) for contestant in competing], rounds, folder / "work", progress)
    damaged = damage_table([c for c in competing if c.name != LIMIT], folder, progress)
    once = [contestant.name for contestant in competing if contestant.name in FRAMEWORKS]
    about = [str(corpus), *([f"one round without a warm-up: {', '.join(once)}"] if once else [])]
    return Report("curate", machine, rounds, outcomes, about, findings(outcomes, rows), damaged)


def contestants(peers: Path | None = None) -> list[Contestant]:
    """Ours and the limit in this Python, then each peer in that of its folder in `peers`, if it is there."""

    def peer(name: str, function: str, *packages: str) -> Contestant:
        python = peers / name / "bin" / "python" if peers else None
        there = python if python and python.exists() else Path(sys.executable)
        return Contestant(name, SCRIPT, function, packages, there)

    return [
        Contestant("ours", OURS, "ours", ("daft", "polars", "pyarrow"), ours=True),
        Contestant(LIMIT, SCRIPT, "read_and_write", ("polars",)),
        peer("rensa", "rensa_script", "rensa", "orjson", "pyarrow"),
        peer("datasketch", "datasketch_script", "datasketch", "orjson", "pyarrow"),
        peer("text-dedup", "text_dedup_command", "text-dedup"),
        peer("datatrove", "datatrove_pipeline", "datatrove[io,processing]", "spacy"),
        peer("data-juicer", "data_juicer_recipe", "py-data-juicer", "aiohttp", "scipy"),
    ]


def case(contestant: Contestant, corpus: Planted) -> Case:
    is_limit = contestant.name == LIMIT
    return Case(
        contestant,
        WORKLOAD,
        {"input": str(corpus.path)},
        corpus.bytes,
        audit=(lambda _: {}) if is_limit else partial(audit, corpus),
        rows=corpus.rows,
        once=contestant.name in FRAMEWORKS,
    )


def findings(outcomes: Sequence[Outcome], rows: int) -> list[str]:
    """The targets, each with what was measured; memory is compared where it is of conversations more than of
    libraries."""
    ours = find(outcomes, "ours", WORKLOAD)
    peers = {"rensa": 4.0, "text-dedup": 15.0, "datatrove": 35.0, "data-juicer": 35.0}
    times = {name: ratio(find(outcomes, name, WORKLOAD), ours, PART) for name in peers}
    limit, rensa = (find(outcomes, name, WORKLOAD) for name in (LIMIT, "rensa"))
    return [
        *(
            line
            for name, at in peers.items()
            for line in at_least(f"ours against {name}, times as fast", times[name], at)
        ),
        *at_most("ours: reading and writing alone, seconds", ratio(ours, limit, PART), 2.5),
        *(at_most("ours: rensa, peak GB", _peaks(ours, rensa), 1.0) if rows >= MEMORY_ROWS else ()),
        *at_least("ours, recall of planted duplicates", _fact(ours, "recall"), 0.999),
        *at_least("ours, recall of near ones", _fact(ours, "near"), 0.998),
        *at_most("ours, false removals", _fact(ours, "false"), 0),
    ]


def _peaks(ours: Outcome | None, other: Outcome | None) -> Spread | None:
    mine, theirs = peak_gb(ours), peak_gb(other)
    return Spread.of([mine.median / theirs.median]) if mine and theirs else None


def _fact(outcome: Outcome | None, name: str) -> Spread | None:
    return Spread.of(float(run.facts[name]) for run in outcome.runs) if outcome else None
