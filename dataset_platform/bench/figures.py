"""From runs to figures: medians with their range, and ratios to ours, paired round by round."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from dataset_platform.bench.contestant import Outcome

MB = 1e6


@dataclass(frozen=True)
class Spread:
    """The median of a figure over the rounds, and its smallest and largest value."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread | None":
        """None when there was no round."""
        found = sorted(values)
        return cls(median(found), found[0], found[-1]) if found else None

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g}–{self.high:.3g})"  # noqa: RUF001


@dataclass(frozen=True)
class Figures:
    """What is reported of one contestant in one part of one workload; None is "not measured".

    `ratio` is its seconds divided by ours in the same round: above 1 is slower than ours.
    `process_s`, `cpu_s` and `peak_bytes` are of whole processes, so of all parts of a workload.
    """

    workload: str
    part: str
    contestant: str
    seconds: Spread | None
    mb_per_s: Spread | None
    rows_per_s: Spread | None
    ratio: Spread | None
    process_s: Spread | None
    cpu_s: Spread | None
    peak_bytes: Spread | None
    facts: dict[str, int | str]
    failure: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def figures_of(outcomes: Sequence[Outcome]) -> list[Figures]:
    """Figures by workload, then part, then in the order of the contestants."""
    found = []
    for workload in dict.fromkeys(outcome.case.workload for outcome in outcomes):
        here = [outcome for outcome in outcomes if outcome.case.workload == workload]
        ours = next((outcome for outcome in here if outcome.case.contestant.ours), None)
        parts = dict.fromkeys(part for outcome in here for run in outcome.runs for part in run.parts)
        found += [_figures(outcome, part, ours) for part in parts or [""] for outcome in here]
    return found


def _figures(outcome: Outcome, part: str, ours: Outcome | None) -> Figures:
    runs = [run for run in outcome.runs if part in run.parts]
    seconds = [run.parts[part] for run in runs]
    rows = outcome.case.rows
    return Figures(
        workload=outcome.case.workload,
        part=part,
        contestant=outcome.case.contestant.name,
        seconds=Spread.of(seconds),
        mb_per_s=Spread.of(outcome.case.bytes / MB / value for value in seconds),
        rows_per_s=Spread.of(rows / value for value in seconds) if rows else None,
        ratio=paired(outcome, ours, part),
        process_s=Spread.of(run.process_s for run in runs),
        cpu_s=Spread.of(run.cpu_s for run in runs),
        peak_bytes=Spread.of(run.peak_bytes for run in runs),
        facts=dict(runs[-1].facts if runs else outcome.left),
        failure=outcome.failure,
    )


def paired(outcome: Outcome, base: Outcome | None, part: str) -> Spread | None:
    """Seconds of the one divided by seconds of the other in the same round."""
    if base is None:
        return None
    rounds = zip(outcome.runs, base.runs, strict=False)
    return Spread.of(
        mine.parts[part] / other.parts[part]
        for mine, other in rounds
        if part in mine.parts and part in other.parts
    )
