"""The figures behind the gates, with intervals, from findings of one row a conversation."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dataset_platform.quality import bias
from dataset_platform.quality.accuracy import AccuracyTable
from dataset_platform.quality.coherence import BIN_NAMES, coherent_share
from dataset_platform.quality.measurement import Accuracy, Interval, Measurement
from dataset_platform.quality.private_data import KINDS, Kind, PrivateData
from dataset_platform.quality.statistics import (
    Floats,
    affordable_resamples,
    bootstrap,
    measured_share,
    weighted_mean,
    wilson,
)
from dataset_platform.quality.validator import Card, Findings

MIN_CASES = 30
MIN_PRECISION = 0.9


def measured_precision(table: AccuracyTable, kind: Kind) -> tuple[float | None, float | None]:
    """Recall and precision of one kind of private data; None where no labelled example is to be had."""
    card = PrivateData().card
    found = {(entry.metric, entry.target): entry.value for entry in table.of(card.name, card.version)}
    return found.get(("recall", kind.labelled)), found.get(("precision", kind.flagged))


def gating_kinds(table: AccuracyTable) -> tuple[str, ...]:
    """Kinds of private data precise enough to stop a release."""
    return tuple(kind.name for kind in KINDS if (measured_precision(table, kind)[1] or 0) >= MIN_PRECISION)


@dataclass(frozen=True)
class Figures:
    """All figures of a release as functions of the weights of its conversations."""

    findings: Findings
    gating: tuple[str, ...]
    seed: int
    approved: NDArray[np.bool_] | None = None
    """Conversations that reviewers decided to keep, whatever the sweep for private data suspects."""

    @cached_property
    def n(self) -> int:
        return len(self.findings["crisis_unresolved"])

    @cached_property
    def bins(self) -> Floats:
        return np.column_stack([self.findings[name] for name in BIN_NAMES])

    @cached_property
    def has_private_data(self) -> Floats:
        hits = [self.findings[f"private_{kind}"] for kind in self.gating]
        if not hits:
            return np.full(self.n, np.nan)
        found = np.sum(hits, axis=0) > 0
        return (found if self.approved is None else found & ~self.approved).astype(np.float64)

    @cached_property
    def comparisons(self) -> list[bias.Comparison]:
        return [c for c in bias.comparisons(self.findings) if c.is_sufficient]

    def at(self, weights: Floats) -> Floats:
        """Coherence, appropriateness, bias, overall, then the gap of each sufficient comparison."""
        gaps = np.array([comparison.gap(weights) for comparison in self.comparisons])
        known = gaps[~np.isnan(gaps)]
        score = 1 - np.abs(known).max() if len(known) else np.nan
        parts = np.array(
            [
                coherent_share(weights @ self.bins),
                weighted_mean(self.findings["appropriateness"], weights),
                score,
                1 - weighted_mean(self.findings["crisis_unresolved"], weights),
                1 - weighted_mean(self.has_private_data, weights),
            ]
        )
        measured = parts[~np.isnan(parts)]
        overall = measured.mean() if len(measured) else np.nan
        return np.concatenate([parts[:3], [overall], gaps])

    @cached_property
    def points(self) -> Floats:
        return self.at(np.ones(self.n))

    @cached_property
    def intervals(self) -> list[Interval]:
        return bootstrap(self.n, self.at, self.seed, affordable_resamples(self.n))

    def measurements(self, table: AccuracyTable, cards: Mapping[str, Card]) -> dict[str, Measurement]:
        """One measurement a gate."""

        def headline(name: str) -> tuple[Accuracy, ...]:
            return table.headline(name, cards[name].version)

        coherence, fitness = headline("semantic_coherence"), headline("therapeutic_appropriateness")
        crisis, private = headline("crisis_flags"), self._gating_accuracy(headline("private_data"))
        n_scored = int((~np.isnan(self.findings["appropriateness"])).sum())
        return {
            "semantic_coherence": self._estimate(0, int(self.bins.sum()), "replies", coherence),
            "therapeutic_appropriateness": self._estimate(1, n_scored, "conversations", fitness),
            "crisis_flags": self._share(crisis),
            "private_data": self._count(private),
            "bias": self._bias(coherence + fitness),
            "overall": self._estimate(3, self.n, "conversations", coherence + fitness + crisis + private),
        }

    def _gating_accuracy(self, accuracy: tuple[Accuracy, ...]) -> tuple[Accuracy, ...]:
        kinds = [kind for kind in KINDS if kind.name in self.gating]
        targets = {target for kind in kinds for target in (kind.labelled, kind.flagged)}
        return tuple(entry for entry in accuracy if entry.target in targets)

    def _estimate(self, place: int, n: int, unit: str, accuracy: tuple[Accuracy, ...]) -> Measurement:
        if not n:
            return Measurement.missing(f"no {unit} to judge", accuracy)
        return Measurement.of(float(self.points[place]), self.intervals[place], n, unit, accuracy)

    def _share(self, accuracy: tuple[Accuracy, ...]) -> Measurement:
        return measured_share(int(self.findings["crisis_unresolved"].sum()), self.n, accuracy)

    def _count(self, accuracy: tuple[Accuracy, ...]) -> Measurement:
        if not self.gating:
            return Measurement.missing("no kind of private data has a measured precision of 0.9 or more")
        hits = int(self.has_private_data.sum())
        low, high = wilson(hits, self.n)
        interval = (low * self.n, high * self.n)
        value = float(hits) if self.n else float("nan")
        return Measurement.of(value, interval, self.n, "conversations", accuracy)

    def _bias(self, accuracy: tuple[Accuracy, ...]) -> Measurement:
        if not self.comparisons:
            reason = f"{bias.INSUFFICIENT}: no two groups with {bias.MIN_CONVERSATIONS} conversations each"
            return Measurement.missing(reason, accuracy)
        n = sum(comparison.n + (comparison.n_other or 0) for comparison in self.comparisons)
        return self._estimate(2, n, "conversations compared", accuracy)

    def gaps(self) -> tuple[bias.Gap, ...]:
        """Every comparison, those with too few conversations included."""
        weights = np.ones(self.n)
        known = {id(c): interval for c, interval in zip(self.comparisons, self.intervals[4:], strict=True)}
        insufficient = [c for c in bias.comparisons(self.findings) if not c.is_sufficient]
        return tuple(
            comparison.report(weights, known.get(id(comparison)))
            for comparison in (*self.comparisons, *insufficient)
        )

    def coherence_of(self, mask: NDArray[np.bool_]) -> float | None:
        """Coherence of some conversations; None with fewer than 30 replies."""
        bins = self.bins[mask].sum(axis=0)
        return coherent_share(bins) if bins.sum() >= MIN_CASES else None

    def appropriateness_of(self, mask: NDArray[np.bool_]) -> tuple[int, float | None]:
        """How many of some conversations were scored, and their mean; None with fewer than 30."""
        scored = mask & ~np.isnan(self.findings["appropriateness"])
        n = int(scored.sum())
        return n, float(self.findings["appropriateness"][scored].mean()) if n >= MIN_CASES else None
