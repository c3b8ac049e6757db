"""What each contestant makes of a file of conversations with one thing wrong."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

import orjson
import pyarrow.parquet as pq

from dataset_platform.bench.contestant import Case, Contestant, Facts, Outcome, Task
from dataset_platform.bench.curating_audit import kept_ids
from dataset_platform.bench.planted import long_enough, record
from dataset_platform.bench.race import race
from dataset_platform.display import Row
from dataset_platform.progress import Progress

ROWS, WRONG = 200, 100
"""Conversations of a damaged file, and the number of the one that is damaged."""
TITLE = "one thing wrong in 200 rows: good rows kept, of how many, and what is accounted for"


class Harm(StrEnum):
    """The one thing that is wrong."""

    BAD_UTF8 = "a byte that is no UTF-8"
    TRUNCATED = "last line broken off"
    WRONG_SHAPE = "a line of wrong shape"
    NUL_BYTE = "a NUL byte"
    LONE_SURROGATE = "half a surrogate pair"
    BLANK_LINE = "a blank line"
    BYTE_ORDER_MARK = "a byte order mark"
    CHANGED_TYPE = "text where a number was"


HARMLESS = (Harm.BLANK_LINE, Harm.BYTE_ORDER_MARK, Harm.CHANGED_TYPE)
"""They take nothing from any conversation, so all rows are good."""


@dataclass(frozen=True)
class Damaged:
    """A damaged file, and the ids of the rows that nothing is wrong with."""

    path: Path
    good: frozenset[str]


def damage_table(
    competing: Sequence[Contestant], folder: Path, progress: Progress
) -> dict[str, Sequence[Row]]:
    """Runs each contestant once on each damaged file; a table with its title."""
    files = {harm: damaged(harm, folder / "corpora") for harm in Harm}
    cases = [_case(contestant, harm, files[harm]) for harm in Harm for contestant in competing]
    outcomes = race(cases, 1, folder / "work", progress)
    fates = {(outcome.case.workload, outcome.case.contestant.name): fate(outcome) for outcome in outcomes}
    names = [contestant.name for contestant in competing]
    rows = [{"damage": harm.value, **{name: fates[harm, name] for name in names}} for harm in Harm]
    return {TITLE: rows}


def damaged(harm: Harm, folder: Path) -> Damaged:
    """The file of 200 conversations with one thing wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"damaged-{harm.name.lower()}.jsonl"
    records = [record(number, long_enough(random.Random(number))) for number in range(ROWS)]
    path.write_bytes(_with(harm, [orjson.dumps(each) for each in records]))
    lost = ROWS - 1 if harm is Harm.TRUNCATED else WRONG
    ids = [str(each["id"]) for each in records]
    return Damaged(path, frozenset(ids if harm in HARMLESS else ids[:lost] + ids[lost + 1 :]))


def fate(outcome: Outcome) -> str:
    """What became of the good rows, in a few words."""
    facts = outcome.runs[0].facts if outcome.runs else outcome.left
    if not facts:
        return outcome.failure
    kept = f"{facts['kept']} of {facts['good']}"
    accounted = f", {facts['quarantined']} in quarantine" if facts["quarantined"] else ""
    return f"{kept}{accounted}{', exit status 1' if outcome.failure else ''}"


def _case(contestant: Contestant, harm: Harm, file: Damaged) -> Case:
    look = partial(_look, file)
    return Case(
        contestant, harm, {"input": str(file.path)}, 0, audit=look, autopsy=look, once=True, limit_s=120.0
    )


def _look(file: Damaged, task: Task) -> Facts:
    out = Path(task["out"])
    quarantines = out.glob("raw/quarantine-*.parquet")
    return {
        "kept": len(file.good & set(kept_ids(out))),
        "good": len(file.good),
        "quarantined": sum(pq.read_metadata(path).num_rows for path in quarantines),
    }


def _with(harm: Harm, lines: list[bytes]) -> bytes:
    """The lines as a file, one thing wrong."""
    middle = len(lines[WRONG]) // 2
    match harm:
        case Harm.BAD_UTF8:
            lines[WRONG] = lines[WRONG][:middle] + b"\xff" + lines[WRONG][middle:]
        case Harm.NUL_BYTE:
            lines[WRONG] = lines[WRONG][:middle] + b"\x00" + lines[WRONG][middle:]
        case Harm.LONE_SURROGATE:
            lines[WRONG] = lines[WRONG].replace(b'"content":"', b'"content":"\\ud83d', 1)
        case Harm.WRONG_SHAPE:
            lines[WRONG] = b'["' + lines[WRONG][:20].replace(b'"', b"") + b'"]'
        case Harm.CHANGED_TYPE:
            lines[WRONG] = lines[WRONG].replace(b'"rating":', b'"rating":"not given","was":', 1)
        case Harm.BLANK_LINE:
            lines.insert(WRONG, b"")
        case Harm.BYTE_ORDER_MARK:
            lines[0] = b"\xef\xbb\xbf" + lines[0]
        case Harm.TRUNCATED:
            return b"\n".join(lines)[: -len(lines[-1]) // 2]
    return b"\n".join(lines) + b"\n"
