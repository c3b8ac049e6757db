"""Models compared on the same units, and how sure the comparison is.

A metric is a figure of sums over units (conversations, probes, replies): a mean is one sum over another, a
calibration error a few dozen sums. Drawing units with replacement, or exchanging two models' sums of a unit,
is then one matrix product, and every metric has its interval and its test by the same few lines.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.report import Difference, Estimate, Interval, Metric
from dataset_platform.evaluation.vocabulary import Direction, Model, Verdict

Floats = NDArray[np.float64]
Figure = Callable[[Floats], Floats]
"""From sums, (m, k), to figures, (m,)."""


def ratio(sums: Floats) -> Floats:
    """The first column over the second; NaN over nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[:, 0] / sums[:, 1], np.float64)


def exponential_of_ratio(sums: Floats) -> Floats:
    return np.exp(ratio(sums))


@dataclass(frozen=True)
class Observed:
    """What was observed of one metric: for each model the sums of each unit, (n, k), in one order of units.

    `group` numbers what is drawn together: the variants of a probe are not independent. `share` says that a
    unit's value in a mean lies between 0 and 1.
    """

    name: str
    title: str
    unit: str
    direction: Direction
    sums: Mapping[Model, Floats]
    figure: Figure = ratio
    group: NDArray[np.int64] | None = None
    accuracy: tuple[str, ...] = ()
    proxy: bool = False
    gates: bool = True
    share: bool = True

    @classmethod
    def mean(
        cls,
        name: str,
        title: str,
        unit: str,
        direction: Direction,
        values: Mapping[Model, Sequence[float] | Floats],
        **further: object,
    ) -> "Observed":
        """A mean of one value a unit; units that are NaN for any model are left out for all."""
        columns = {model: np.asarray(value, np.float64) for model, value in values.items()}
        known = ~np.any([np.isnan(column) for column in columns.values()], axis=0)
        group = further.pop("group", None)
        kept = np.asarray(group)[known] if group is not None else None
        sums = {m: np.column_stack([c[known], np.ones(known.sum())]) for m, c in columns.items()}
        return cls(name, title, unit, direction, sums, group=kept, **further)  # type: ignore[arg-type]


def measured(observed: Observed, config: EvaluationConfig) -> Metric:
    """The metric of every model with its interval, and the tuned model against the others.

    Verdicts are those of single comparisons: `judged_together` corrects them.
    """
    sums = {model: _grouped(values, observed.group) for model, values in observed.sums.items()}
    n = len(next(iter(sums.values())))
    drawn = _draws(n, config)
    spread = {model: observed.figure(drawn @ values) if n else np.empty(0) for model, values in sums.items()}
    enough = n >= config.min_units
    estimates = {
        model: Estimate(
            value=_known(observed.figure(values.sum(axis=0, keepdims=True))[0]) if n else None,
            interval=(observed.share and _unanimous(values)) or interval_of(spread[model])
            if enough
            else None,
        )
        for model, values in sums.items()
    }
    differences = {
        other: _difference(observed, estimates, spread, sums, other, enough, config)
        for other in (Model.BASE, Model.PREVIOUS)
        if other in sums and Model.TUNED in sums
    }
    return Metric(
        name=observed.name,
        title=observed.title,
        unit=observed.unit,
        direction=observed.direction,
        n=n,
        proxy=observed.proxy,
        accuracy=observed.accuracy,
        gates=observed.gates,
        estimates=estimates,
        differences=differences,
    )


def judged_together(metrics: Sequence[Metric], level: float) -> tuple[Metric, ...]:
    """The metrics with verdicts that hold over all of them together.

    A difference counts where its interval excludes zero and its p-value passes Holm's step-down test
    (Holm 1979) over all metrics that gate, or over all that describe, with the same opponent: of equal
    models, one evaluation in `1 / level` says otherwise of what gates.
    """
    adjusted: list[dict[Model, Difference]] = [dict(metric.differences) for metric in metrics]
    for other, gates in product((Model.BASE, Model.PREVIOUS), (True, False)):
        tested = [
            (difference.p_value, place)
            for place, metric in enumerate(metrics)
            if metric.gates is gates
            and (difference := metric.differences.get(other))
            and difference.p_value is not None
        ]
        highest = 0.0
        for rank, (p_value, place) in enumerate(sorted(tested)):
            highest = min(1.0, max(highest, p_value * (len(tested) - rank)))
            difference = metrics[place].differences[other]
            adjusted[place][other] = difference.model_copy(
                update={
                    "adjusted_p_value": highest,
                    "verdict": _verdict(metrics[place], difference, highest, level, len(tested)),
                }
            )
    return tuple(m.model_copy(update={"differences": d}) for m, d in zip(metrics, adjusted, strict=True))


def judge(difference: Difference, direction: Direction, significant: bool) -> Verdict:
    """The verdict on a difference, which counts where its interval excludes zero and it passed its test."""
    interval = difference.interval
    if interval is None:
        return Verdict.TOO_FEW
    if not significant or interval.low <= 0 <= interval.high:
        return Verdict.NO_DIFFERENCE
    if direction is Direction.NEITHER_IS_BETTER:
        return Verdict.DIFFERENT
    rises = interval.low > 0
    better = rises == (direction is Direction.HIGHER_IS_BETTER)
    return Verdict.IMPROVED if better else Verdict.WORSE


def estimated(sums: Floats, config: EvaluationConfig) -> Estimate:
    """The first sum over the second, over units that are no replies to compare: such as timed batches."""
    enough = len(sums) >= config.min_units
    return Estimate(
        value=_known(ratio(sums.sum(axis=0, keepdims=True))[0]),
        interval=interval_of(ratio(_draws(len(sums), config) @ sums)) if enough else None,
    )


def interval_of(values: Floats) -> Interval | None:
    """95 % percentile interval (Efron 1979); None where no draw gave a figure."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(low=float(low), high=float(high))


def _verdict(metric: Metric, difference: Difference, adjusted: float, level: float, tested: int) -> Verdict:
    """The corrected verdict; `n` units can be exchanged in 2^n ways, and where even the least p-value that
    these allow could not pass, there are too few of them to tell."""
    least = 2.0 ** (1 - metric.n) * tested
    if adjusted > level and least > level:
        return Verdict.TOO_FEW
    return judge(difference, metric.direction, adjusted <= level)


def _difference(
    observed: Observed,
    estimates: Mapping[Model, Estimate],
    spread: Mapping[Model, Floats],
    sums: Mapping[Model, Floats],
    other: Model,
    enough: bool,
    config: EvaluationConfig,
) -> Difference:
    ours, theirs = estimates[Model.TUNED].value, estimates[other].value
    value = None if ours is None or theirs is None else ours - theirs
    difference = Difference(
        value=value,
        interval=interval_of(spread[Model.TUNED] - spread[other]) if enough and value is not None else None,
        p_value=_exchanged(observed.figure, sums[Model.TUNED], sums[other], abs(value), config)
        if enough and value is not None
        else None,
        adjusted_p_value=None,
        verdict=Verdict.TOO_FEW,
    )
    significant = difference.p_value is not None and difference.p_value <= config.level
    return difference.model_copy(update={"verdict": judge(difference, observed.direction, significant)})


def _exchanged(figure: Figure, ours: Floats, theirs: Floats, seen: float, config: EvaluationConfig) -> float:
    """How often a difference as large comes about when each unit's two models are exchanged at random."""
    chance = np.random.default_rng([config.seed, 1])
    swapped = chance.integers(2, size=(config.resamples, len(ours))).astype(np.float64) @ (theirs - ours)
    apart = figure(ours.sum(axis=0) + swapped) - figure(theirs.sum(axis=0) - swapped)
    as_large = np.count_nonzero(np.abs(apart) >= seen - 1e-12)
    return float((1 + as_large) / (1 + config.resamples))


def _draws(n: int, config: EvaluationConfig) -> Floats:
    """How often each unit is drawn in each resample, (resamples, n); the same for every model."""
    if not n:
        return np.empty((config.resamples, 0))
    chance = np.random.default_rng(config.seed)
    return chance.multinomial(n, np.full(n, 1 / n), size=config.resamples).astype(np.float64)


def _grouped(values: Floats, group: NDArray[np.int64] | None) -> Floats:
    if group is None or not len(values):
        return values
    numbers = np.unique(group, return_inverse=True)[1]
    sums = np.zeros((numbers.max() + 1, values.shape[1]))
    np.add.at(sums, numbers, values)
    return sums


def _unanimous(sums: Floats) -> Interval | None:
    """Wilson's interval of a share that all units agree on, None of other figures.

    Each draw of equal units is equal, so that a bootstrap would be sure of what a few of them say.
    """
    if sums.shape[1] != 2 or (sums[:, 1] != 1).any() or set(np.unique(sums[:, 0])) not in ({0.0}, {1.0}):
        return None
    return Interval.of_share(int(sums[:, 0].sum()), len(sums))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
