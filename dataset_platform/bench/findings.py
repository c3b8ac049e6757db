"""Targets held against what was measured, a line each; none where there is nothing to compare."""

from collections.abc import Sequence

from dataset_platform.bench.contestant import Outcome
from dataset_platform.bench.figures import Spread, paired


def find(outcomes: Sequence[Outcome], contestant: str, workload: str) -> Outcome | None:
    found = (o for o in outcomes if (o.case.contestant.name, o.case.workload) == (contestant, workload))
    return next(found, None)


def ratio(outcome: Outcome | None, base: Outcome | None, part: str) -> Spread | None:
    """Seconds of the one divided by seconds of the other in the same round."""
    return paired(outcome, base, part) if outcome else None


def peak_gb(outcome: Outcome | None) -> Spread | None:
    return Spread.of(run.peak_bytes / 1e9 for run in outcome.runs) if outcome else None


def at_most(what: str, measured: Spread | None, target: float) -> list[str]:
    if measured is None:
        return []
    return [f"{what} {measured}, target ≤ {target}: {'met' if measured.median <= target else 'missed'}"]


def at_least(what: str, measured: Spread | None, target: float) -> list[str]:
    if measured is None:
        return []
    return [f"{what} {measured}, target ≥ {target}: {'met' if measured.median >= target else 'missed'}"]
