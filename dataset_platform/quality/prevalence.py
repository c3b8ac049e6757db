"""How common something is, corrected for how often its validator misses it and sees it where it is not."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from dataset_platform.quality import crisis, private_data, toxicity
from dataset_platform.quality.accuracy import AccuracyTable
from dataset_platform.quality.judged import Judged
from dataset_platform.quality.measurement import Accuracy, Frozen, Interval, Measurement
from dataset_platform.quality.statistics import Floats, wilson
from dataset_platform.quality.validator import Card

MIN_CASES = 30
INSUFFICIENT = "insufficient data"
CLEARLY = 0.95
_DRAWS = 20_000
_AT_RISK = "users with suicidal ideation, behaviour or attempt"
_NOT_AT_RISK = "users who support others or show indicators only"
_GRAVE = f", severity {crisis.GRAVE} or more"


class Prevalence(Frozen):
    """How many conversations of a group were flagged, and how many should have been, as far as one can tell.

    The corrected share stands with the recall and the false-positive rate that it rests on.
    """

    title: str
    by: str = Field(description="`release`, `source` or `stage`.")
    group: str = Field(description="Name of the source or stage; empty for the whole release.")
    flagged: int
    conversations: int
    interval: Interval = Field(description="95 % of the share that was flagged (Wilson).")
    corrected: Measurement

    @property
    def share(self) -> float:
        return self.flagged / self.conversations


@dataclass(frozen=True)
class _Detector:
    """A finding of one validator, and the labelled cases that tell how often it is right."""

    title: str
    finding: str
    card: Card
    positives: str
    negatives: str
    in_groups: bool = True

    def rates(self, table: AccuracyTable) -> tuple[Accuracy | None, Accuracy | None]:
        """Recall on the positives and false-positive rate on the negatives, where they were measured."""
        found = {(e.metric, e.target): e for e in table.of(self.card.name, self.card.version)}
        return found.get(("recall", self.positives)), found.get(("false-positive rate", self.negatives))


def _detectors() -> Iterator[_Detector]:
    yield _Detector("Crisis flag, resolved or not", "crisis_flagged", crisis.CARD, _AT_RISK, _NOT_AT_RISK)
    yield _Detector(
        f"Crisis of severity {crisis.GRAVE}",
        "crisis_grave",
        crisis.CARD,
        f"{_AT_RISK}{_GRAVE}",
        f"{_NOT_AT_RISK}{_GRAVE}",
    )
    yield _Detector(
        "Toxic turn", "toxic", toxicity.CARD, "hateful sentences", "sentences that are not hateful"
    )
    for kind in private_data.KINDS:
        yield _Detector(
            f"Private data: {kind.name}",
            f"private_{kind.name}",
            private_data.CARD,
            kind.labelled,
            kind.unlabelled,
            in_groups=False,
        )


def prevalences(judged: Judged, table: AccuracyTable, seed: int) -> Iterator[Prevalence]:
    """Every figure of the whole release; crises and toxicity also of each source and stage."""
    everything = np.ones(len(judged.facts["conversation_id"]), bool)
    for detector in _detectors():
        yield _of_group(detector, judged, everything, ("release", ""), table, seed)
        for by in ("source", "stage") if detector.in_groups else ():
            for name in sorted(set(judged.facts[by])):
                yield _of_group(detector, judged, judged.facts[by] == name, (by, name), table, seed)


def _of_group(
    detector: _Detector,
    judged: Judged,
    mask: np.ndarray,
    group: tuple[str, str],
    table: AccuracyTable,
    seed: int,
) -> Prevalence:
    n = int(mask.sum())
    flagged = int((judged.findings[detector.finding][mask] > 0).sum())
    return Prevalence(
        title=detector.title,
        by=group[0],
        group=group[1],
        flagged=flagged,
        conversations=n,
        interval=wilson(flagged, n),
        corrected=corrected(flagged, n, *detector.rates(table), seed=seed),
    )


def corrected(
    flagged: int, n: int, recall: Accuracy | None, false_positives: Accuracy | None, seed: int
) -> Measurement:
    """The share of n conversations that truly are what `flagged` of them were taken for.

    Rogan and Gladen 1978 ("Estimating prevalence from the results of a screening test"), cut to 0 and 1. The
    interval is the middle 95 % of the estimate over draws of all three shares from their Jeffreys posteriors,
    so that it also covers chance in the labelled sets. There is no estimate of fewer than 30 cases, nor where
    the rates cannot hold for this text: a validator that is no better than chance, or a release that flags
    clearly less than the false alarms alone would.
    """
    known = tuple(rate for rate in (recall, false_positives) if rate)
    if recall is None or false_positives is None:
        missing = "recall" if recall is None else "false-positive rate"
        return Measurement.missing(f"{INSUFFICIENT}: its {missing} is not measured", known)
    if min(n, recall.n, false_positives.n) < MIN_CASES:
        what = "conversations" if n < MIN_CASES else "labelled cases"
        return Measurement.missing(f"{INSUFFICIENT}: fewer than {MIN_CASES} {what}", known)
    if recall.interval[0] <= false_positives.interval[1]:
        return Measurement.missing(f"{INSUFFICIENT}: recall and false alarms are too alike to tell", known)
    random = np.random.default_rng(seed)
    share, se, alarms = (
        random.beta(hits + 0.5, total - hits + 0.5, _DRAWS)
        for hits, total in (
            (flagged, n),
            (round(recall.value * recall.n), recall.n),
            (round(false_positives.value * false_positives.n), false_positives.n),
        )
    )
    if flagged / n < false_positives.value and (share < alarms).mean() > CLEARLY:
        return Measurement.missing(
            f"{INSUFFICIENT}: flagged less often than the false alarms of the labelled set alone would be, "
            "so its rates do not hold here",
            known,
        )
    value = _rogan_gladen(np.array(flagged / n), np.array(recall.value), np.array(false_positives.value))
    low, high = np.percentile(_rogan_gladen(share, se, alarms), [2.5, 97.5])
    return Measurement.of(float(value), (float(low), float(high)), n, "conversations", known)


def _rogan_gladen(share: Floats, recall: Floats, false_positives: Floats) -> Floats:
    """The true share; a draw in which the validator is no better than chance gives a bound."""
    advantage = np.maximum(recall - false_positives, 1e-9)
    return np.clip((share - false_positives) / advantage, 0.0, 1.0)
