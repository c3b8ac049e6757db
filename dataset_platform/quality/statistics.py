"""Intervals, areas under curves and shares, each by its textbook formula."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dataset_platform.quality.measurement import Accuracy, Interval, Measurement

Floats = NDArray[np.float64]
RESAMPLES = 1000
_WORK = 20_000_000  # units drawn over all resamples; keeps a large release within minutes


def wilson(successes: int, n: int) -> Interval:
    """95 % Wilson score interval of a share."""
    if n == 0:
        return 0.0, 1.0
    z = 1.959963984540054
    share, spread = successes / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z * np.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    low = 0.0 if successes == 0 else float(centre - half)
    high = 1.0 if successes == n else float(centre + half)
    return low, high


def measured_share(
    hits: int, n: int, accuracy: tuple[Accuracy, ...], unit: str = "conversations"
) -> Measurement:
    """The share of conversations that were hit, with its Wilson interval; no value of none."""
    if not n:
        return Measurement.missing(f"no {unit} to judge", accuracy)
    return Measurement.of(hits / n, wilson(hits, n), n, unit, accuracy)


def area_under_curve(positive: NDArray[np.bool_], score: Floats, weight: Floats) -> float:
    """Weighted probability that a positive case scores above a negative one; ties count half."""
    order = np.argsort(score, kind="stable")
    value, is_positive, w = score[order], positive[order], weight[order]
    starts = np.flatnonzero(np.r_[True, np.diff(value) > 0])
    up = np.add.reduceat(np.where(is_positive, w, 0.0), starts)
    down = np.add.reduceat(np.where(is_positive, 0.0, w), starts)
    below = np.cumsum(down) - down
    pairs = up.sum() * down.sum()
    return float((up * (below + down / 2)).sum() / pairs) if pairs else float("nan")


def clustered_auc(
    positive: NDArray[np.bool_], score: Floats, group: NDArray[np.int64], seed: int
) -> tuple[float, Interval]:
    """AUC with the 95 % interval of a bootstrap over whole groups."""

    def auc(group_weight: Floats) -> Floats:
        return np.array([area_under_curve(positive, score, group_weight[group])])

    value = auc(np.ones(int(group.max()) + 1))
    return float(value[0]), bootstrap(int(group.max()) + 1, auc, seed)[0]


def affordable_resamples(n: int) -> int:
    """How many resamples of n units a report draws: the fewer, the more units."""
    return int(np.clip(_WORK // max(n, 1), 200, RESAMPLES))


def bootstrap(
    n: int, figures: Callable[[Floats], Floats], seed: int, resamples: int = RESAMPLES
) -> list[Interval]:
    """95 % percentile intervals of `figures(weights)` over `n` units drawn with replacement.

    A unit's weight is how often it was drawn. Units are whole conversations (or
    sessions, or users), so turns of one conversation are never taken as independent.
    Draws in which a figure is undefined are left out of its interval.
    """
    random = np.random.default_rng(seed)
    draws = np.stack(
        [
            figures(np.bincount(random.integers(n, size=n), minlength=n).astype(np.float64))
            for _ in range(resamples)
        ]
    )
    return [_percentiles(column[~np.isnan(column)]) for column in draws.T]


def _percentiles(values: Floats) -> Interval:
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def weighted_mean(values: Floats, weights: Floats) -> float:
    """Mean of the values that are not NaN; NaN when there is none."""
    known = ~np.isnan(values)
    total = weights[known].sum()
    return float((values[known] * weights[known]).sum() / total) if total else float("nan")


def mixture_share(probability: Floats, count: Floats) -> float:
    """Share of positives among cases whose probability was calibrated on equal classes.

    Maximum likelihood under a change of the class shares alone (Saerens, Latinne and
    Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori
    probabilities"), found by bisection of the slope of the concave log-likelihood.
    Cases the validator cannot tell (probability 0.5) do not move it.

    `probability` and `count` are the centres and heights of a histogram.
    """
    if not count.sum():
        return float("nan")
    lean = 2 * probability - 1
    low, high = 0.0, 1.0
    for _ in range(40):
        share = (low + high) / 2
        slope = (count * lean / (share * lean + 1 - probability)).sum()
        low, high = (share, high) if slope > 0 else (low, share)
    return (low + high) / 2
