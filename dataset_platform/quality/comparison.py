"""A report beside that of the version before: what moved by more than chance, and what cannot be compared."""

from collections.abc import Iterator
from math import hypot

from dataset_platform.quality.changes import Changes, Move, RowsMove, ValidatorMove
from dataset_platform.quality.measurement import Interval, Measurement
from dataset_platform.quality.report import Gate, Report

MIN_CASES = 30
BEHIND = {
    "semantic_coherence": ("semantic_coherence",),
    "therapeutic_appropriateness": ("therapeutic_appropriateness",),
    "crisis_flags": ("crisis_flags",),
    "private_data": ("private_data",),
    "bias": (
        "bias", "semantic_coherence", "therapeutic_appropriateness", "reply_quality", "crisis_triage",
    ),
    "overall": (
        "semantic_coherence", "therapeutic_appropriateness", "bias", "reply_quality", "crisis_triage",
        "crisis_flags", "private_data",
    ),
}  # fmt: skip
"""The validators that each gate's figure is computed from."""


SHARE_TITLES = {"private_data": "Unresolved private data (share of rows)"}


def compared(report: Report, before: Report) -> Report:
    """The report with what changed since `before`."""
    validators = tuple(_validators(report, before))
    other = {one.name for one in validators}
    changes = Changes(
        version=before.version,
        gates=tuple(_gates(report, before, other)),
        figures=tuple(_figures(report, before, other)),
        rows=tuple(_rows(report, before)),
        validators=validators,
    )
    return report.model_copy(update={"changes": changes})


def uncompared(report: Report, reason: str) -> Report:
    """The report with the reason why it is compared with none."""
    return report.model_copy(update={"changes": Changes(reason=reason)})


def difference(before: Measurement, after: Measurement) -> tuple[float, Interval] | None:
    """After minus before with its 95 % interval; None where one of them has no value or under 30 cases.

    From the two intervals alone (Newcombe 1998, method 10, for shares; Zou and Donner 2008 for any figure).
    The samples are taken as independent; rows that both releases hold make the interval wider than need be.
    """
    if before.value is None or after.value is None or before.interval is None or after.interval is None:
        return None
    if min(before.n, after.n) < MIN_CASES:
        return None
    found = after.value - before.value
    low = found - hypot(after.value - after.interval[0], before.interval[1] - before.value)
    high = found + hypot(after.interval[1] - after.value, before.value - before.interval[0])
    return found, (low, high)


def _gates(report: Report, before: Report, other: set[str]) -> Iterator[Move]:
    known = {gate.name: gate for gate in before.gates}
    for gate in report.gates:
        if gate.name in known:
            old = known[gate.name]
            verdicts = {"verdict_before": old.verdict.value, "verdict_after": gate.verdict.value}
            changed = sorted(other & {*BEHIND.get(gate.name, ())})
            reason = f"another version of {', '.join(changed)}: not comparable" if changed else None
            title = SHARE_TITLES.get(gate.name, gate.title)
            yield _move(title, _as_share(old), _as_share(gate), reason, **verdicts)


def _as_share(gate: Gate) -> Measurement:
    """Counts of rows as shares of all rows: releases differ in size."""
    m = gate.measurement
    if gate.name != "private_data" or m.value is None or m.interval is None or not m.n:
        return m
    return m.model_copy(
        update={"value": m.value / m.n, "interval": (m.interval[0] / m.n, m.interval[1] / m.n)}
    )


def _figures(report: Report, before: Report, other: set[str]) -> Iterator[Move]:
    known = {figure.title: figure for figure in before.figures}
    for figure in report.figures:
        if figure.title in known:
            old = known[figure.title]
            behind = {entry.validator for entry in figure.measurement.accuracy}
            reason = None
            if old.scored_by != figure.scored_by:
                reason = f"scored by {old.scored_by} before: not comparable"
            elif behind & other:
                reason = f"another version of {', '.join(sorted(behind & other))}: not comparable"
            yield _move(figure.title, old.measurement, figure.measurement, reason)


def _move(title: str, before: Measurement, after: Measurement, reason: str | None, **verdicts: str) -> Move:
    found = None if reason else difference(before, after)
    if found is None and reason is None:
        unknown = before.value is None or after.value is None
        reason = "not measured in both" if unknown else f"insufficient data: fewer than {MIN_CASES} cases"
    return Move(
        title=title,
        before=before.value,
        after=after.value,
        difference=found[0] if found else None,
        interval=found[1] if found else None,
        reason=reason,
        **verdicts,
    )


def _rows(report: Report, before: Report) -> Iterator[RowsMove]:
    counts = [{(p.by, p.name): p.conversations for p in one.parts} for one in (before, report)]
    for by, name in sorted(counts[0] | counts[1]):
        old, new = (count.get((by, name), 0) for count in counts)
        yield RowsMove(by=by, name=name, before=old, after=new)


def _validators(report: Report, before: Report) -> Iterator[ValidatorMove]:
    old, new = ({v.name: v.version for v in one.validators} for one in (before, report))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield ValidatorMove(name=name, before=old.get(name), after=new.get(name))
