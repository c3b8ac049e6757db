"""Figures that no gate judges: empathy, behaviour, crises by model, their handling, clinical red lines."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dataset_platform.heads import Floats, HeadCard
from dataset_platform.quality import crisis, crisis_triage, red_lines, reply_quality, speakers
from dataset_platform.quality.accuracy import AccuracyTable
from dataset_platform.quality.crisis_handling import ASPECTS
from dataset_platform.quality.measurement import Accuracy, Interval, Measurement
from dataset_platform.quality.report import Figure
from dataset_platform.quality.statistics import affordable_resamples, bootstrap, measured_share
from dataset_platform.quality.traits import TRAITS, Heads, Trait
from dataset_platform.quality.validator import Card, Findings

LEXICAL, RULES = "lexical head", "rules"
CRISIS_TARGET = "recall ≥ 0.60 at 5 % and ≥ 0.75 at 10 % false positives"
HANDLED = "conversations resolved by rule whose replies need no reviewer"
MEANS = (*(trait.name for trait in TRAITS), "crisis_handling", *(f"handling {name}" for name in ASPECTS))


@dataclass(frozen=True)
class BesideGates:
    """The figures of a release, from what validators found, one row a conversation."""

    findings: Findings
    heads: Heads
    table: AccuracyTable
    seed: int

    def figures(self) -> tuple[Figure, ...]:
        return (
            *self._traits(),
            self._suspected(),
            *self._handling(),
            *self._red_lines(),
            *self._label_noise(),
        )

    def _traits(self) -> Iterator[Figure]:
        for trait in TRAITS:
            target = f"AUC ≥ {trait.target:.2f}" if trait.target else ""
            yield self._mean(trait.title, trait.name, "conversations", self._of_trait(trait), target)

    def _of_trait(self, trait: Trait) -> tuple[str, tuple[Accuracy, ...]]:
        if trait.name in self.heads:
            card = self.heads[trait.name].card
            return trained(card), (of_card(reply_quality.CARD, card),)
        return LEXICAL, self._measured(reply_quality.CARD, lambda e: e.target == f"{trait.name}, {LEXICAL}")

    def _suspected(self) -> Figure:
        known = self.heads.get(crisis_triage.CONVERSATION)
        by, scored_by = ("trained head", trained(known.card)) if known else (LEXICAL, LEXICAL)
        accuracy = self._measured(crisis_triage.CARD, lambda e: f", {by}" in e.target)
        if known:  # what it was fitted on may be more than what the table was measured on
            accuracy = (of_card(crisis_triage.CARD, known.card), *accuracy[1:])
        found = self.findings["crisis_suspected"]
        title = "Crisis suspected by the model alone, no rule flagged it (share)"
        return Figure(
            title=title,
            scored_by=scored_by,
            target=CRISIS_TARGET,
            measurement=measured_share(int(found.sum()), len(found), accuracy),
        )

    def _handling(self) -> Iterator[Figure]:
        accuracy = self._measured(crisis.CARD, lambda e: e.target == HANDLED)
        names = {"Crisis handling": "crisis_handling"}
        names |= {f"Crisis handling: {aspect.replace('_', ' ')}": f"handling {aspect}" for aspect in ASPECTS}
        for title, name in names.items():
            yield self._mean(title, name, "conversations with a crisis", (RULES, accuracy), "")

    def _red_lines(self) -> Iterator[Figure]:
        on_replies = self._measured(red_lines.CARD, lambda _: True)
        for name in red_lines.NAMES:
            found = self.findings[f"red line {name}"] > 0
            accuracy = tuple(entry for entry in on_replies if entry.target.startswith(f"{name},"))
            yield Figure(
                title=f"Red line: {name} (share)",
                scored_by=RULES,
                target="",
                measurement=measured_share(int(found.sum()), len(found), accuracy),
            )

    def _label_noise(self) -> Iterator[Figure]:
        swapped = self.findings["roles_swapped"]
        hits, n = int(np.nansum(swapped)), int((~np.isnan(swapped)).sum())
        accuracy = self._measured(speakers.CARD, lambda e: e.target.startswith("dialogues"))
        yield _noise("Roles of client and therapist look swapped (share)", measured_share(hits, n, accuracy))
        hits, n = (int(self.findings[name].sum()) for name in ("client_like_replies", "replies"))
        accuracy = self._measured(speakers.CARD, lambda e: not e.target.startswith("dialogues"))
        of_replies = measured_share(hits, n, accuracy, "replies")
        yield _noise("Replies that look written by the client (share)", of_replies)

    def _mean(
        self, title: str, name: str, unit: str, scored: tuple[str, tuple[Accuracy, ...]], target: str
    ) -> Figure:
        values = self.findings[name]
        scored_by, accuracy = scored
        n = int((~np.isnan(values)).sum())
        if not n:
            measurement = Measurement.missing(f"no {unit} to judge", accuracy)
        else:
            value = float(np.nanmean(values))
            measurement = Measurement.of(value, self._intervals[name], n, unit, accuracy)
        return Figure(title=title, scored_by=scored_by, target=target, measurement=measurement)

    @cached_property
    def _intervals(self) -> dict[str, Interval]:
        """Of the mean of each trait and of handling: one bootstrap over conversations for all."""
        values = np.column_stack([self.findings[name] for name in MEANS])
        known, filled = (~np.isnan(values)).astype(float), np.nan_to_num(values)
        resamples = affordable_resamples(len(values))

        def means(weights: Floats) -> Floats:
            counted = weights @ known
            return np.where(counted > 0, weights @ filled / np.maximum(counted, 1), np.nan)

        return dict(zip(MEANS, bootstrap(len(values), means, self.seed, resamples), strict=True))

    def _measured(self, card: Card, wanted: Callable[[Accuracy], bool]) -> tuple[Accuracy, ...]:
        return tuple(entry for entry in self.table.of(card.name, card.version) if wanted(entry))


def _noise(title: str, measurement: Measurement) -> Figure:
    scored_by = trained(speakers.packaged_head().card)
    return Figure(title=title, scored_by=scored_by, target="", measurement=measurement)


def of_card(validator: Card, card: HeadCard) -> Accuracy:
    """The accuracy that a trained head's card states."""
    return Accuracy(
        validator=validator.name,
        validator_version=validator.version,
        metric="AUC",
        target=card.positives,
        value=card.auc,
        interval=card.interval,
        n=card.n,
        dataset=card.dataset,
        dataset_sha256=card.dataset_sha256,
        split=card.split,
    )


def trained(card: HeadCard) -> str:
    """How the report names a trained head: by its data."""
    return f"trained head ({card.dataset} {card.dataset_sha256[:8]})"
