"""`bench quality`: a release through all validators, and through each alone."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from dataset_platform import quality
from dataset_platform.bench import judging_contestant
from dataset_platform.bench.contestant import Case, Contestant, Facts, Outcome, Task
from dataset_platform.bench.figures import Spread
from dataset_platform.bench.findings import at_most, find, peak_gb
from dataset_platform.bench.folders import emptied
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.race import chosen, race
from dataset_platform.bench.report import Report
from dataset_platform.errors import InputError
from dataset_platform.progress import Progress
from dataset_platform.schemas import RELEASE

SCRIPT = Path(judging_contestant.__file__)
OURS, VECTORS = "all of them", "sentence vectors"
FIRST, AGAIN, ALONE = "first report", "report again", "judge"
MOST_S_PER_TURN, MOST_GB = 300 / 100_000, 4.0
LIMIT_S, SLOWEST_TURNS_PER_S = 300.0, 50


def judging_report(
    folder: Path, release: Path, turns: int, only: Sequence[str], progress: Progress
) -> Report:
    """Judges rows of the release until they have so many turns, once; what runs write does not stay."""
    competing = chosen(contestants(), only)
    rows = repeated_rows(release, turns)
    machine = this_machine()
    with emptied(folder / "work") as home:
        home.mkdir(parents=True)
        path = home / "rows.parquet"
        rows.write_parquet(path)
        path.chmod(0o600)
        outcomes = race([case(one, path, rows) for one in competing], 1, home / "runs", progress)
    about = [
        f"{rows.height:,} conversations, {_turns(rows):,} turns, {_chars(rows) / 1e6:.0f} MB of text; each "
        "turn of a row that is taken again begins with a word of its own",
        f"'{FIRST}' has nothing kept, '{AGAIN}' what the first kept; each validator is given all vectors",
        "one round without a warm-up",
    ]
    return Report("quality", machine, 1, outcomes, about, findings(outcomes, rows))


def contestants() -> list[Contestant]:
    """All validators as a QA report runs them, then the vectors that they share, then each by its name."""
    packages = ("torch", "numpy", "pyarrow")
    return [
        Contestant(OURS, SCRIPT, "report", packages, ours=True),
        Contestant(VECTORS, SCRIPT, "vectors", packages),
        *(Contestant(judge.card.name, SCRIPT, "validator", packages) for judge in quality.validators()),
    ]


def repeated_rows(release: Path, turns: int) -> pl.DataFrame:
    """The first rows of the release that have so many turns, taken again where there are too few.

    A copy's turns begin with `copy2`, `copy3` and so on, as equal turns are scored once. Raises InputError
    where the folder holds no release's Parquet files, or none with turns.
    """
    shards = sorted(release.glob("dataset_v*.parquet/*.parquet"))
    if not shards or pq.read_schema(shards[0]).names != RELEASE.names:
        raise InputError(f"{release}: no folder of a release of this version, such as data/exports/v1.0.0")
    rows = pl.read_parquet(shards)
    if not (in_one := _turns(rows)):
        raise InputError(f"{release}: no turns to judge")
    copies = pl.concat(_copy(rows, number) for number in range(1, -(-turns // in_one) + 1))
    return copies.filter(copies["n_turns"].cum_sum() - copies["n_turns"] < turns)


def _copy(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    if number == 1:
        return rows
    turn = pl.element().struct
    said = pl.concat_str(pl.lit(f"copy{number} "), turn.field("content")).alias("content")
    return rows.with_columns(
        pl.col("conversation_id") + f"-{number}",
        pl.col("messages").list.eval(pl.struct(turn.field("role"), said)),
    )


def case(contestant: Contestant, path: Path, rows: pl.DataFrame) -> Case:
    turns = _turns(rows)
    return Case(
        contestant,
        workload=_workload(turns) if contestant.ours else f"{_workload(turns)}, one validator at a time",
        task={"rows": str(path), "validator": contestant.name, "vectors": str(path.parent / "vectors")},
        bytes=_chars(rows),
        audit=partial(_facts, rows.height),
        limit_s=LIMIT_S + turns / SLOWEST_TURNS_PER_S,
        once=True,
    )


def findings(outcomes: Sequence[Outcome], rows: pl.DataFrame) -> list[str]:
    """The targets, each with what was measured, and what each validator costs."""
    turns = _turns(rows)
    ours = find(outcomes, OURS, _workload(turns))
    lines = []
    for part in (FIRST, AGAIN):
        spent = Spread.of(run.parts[part] for run in ours.runs) if ours and ours.runs else None
        lines += at_most(f"{part} on {turns:,} turns, seconds", spent, round(turns * MOST_S_PER_TURN, 1))
    lines += at_most("peak GB", peak_gb(ours), MOST_GB)
    for outcome in outcomes:
        if outcome.runs and ALONE in outcome.runs[0].parts:
            cost = Spread.of(1_000 * run.parts[ALONE] / rows.height for run in outcome.runs)
            lines.append(f"{outcome.case.contestant.name}: {cost} s per 1,000 conversations")
    return lines


def _facts(conversations: int, task: Task) -> Facts:
    judged = int((Path(task["out"]) / "judged").read_text())
    return {"judged": judged, "conversations": conversations}


def _workload(turns: int) -> str:
    return f"{turns:,} turns"


def _turns(rows: pl.DataFrame) -> int:
    return int(rows["n_turns"].sum())


def _chars(rows: pl.DataFrame) -> int:
    return int(rows["n_chars"].sum())
