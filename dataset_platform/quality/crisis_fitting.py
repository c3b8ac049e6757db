"""Fits the two heads of crisis triage on users labelled by suicide risk, and measures them on unseen users.

A post has no label of its own: it is taught its user's, and weighs the less the more the user wrote.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset_platform.heads import Floats, Head
from dataset_platform.quality import crisis_triage as triage
from dataset_platform.quality import labelled
from dataset_platform.quality.accuracy import Measured
from dataset_platform.quality.crisis_calibration import AT_RISK
from dataset_platform.quality.embedding import Embedder
from dataset_platform.quality.head_fitting import Cases, Fitted, Origin, fit, fit_features
from dataset_platform.quality.measurement import Accuracy
from dataset_platform.quality.statistics import bootstrap, clustered_auc

HEADS_VERSION = "2"
SEED = 20
FALSE_POSITIVE_RATES = (0.05, 0.10, 0.20)
THRESHOLD_AT = 0.10
_WEIGHT = 0.125  # of a post on average: labels of posts are guesses, so the penalty should count for more
NO_LICENCE = "none stated; the head stays with the project that trained it"
NEGATIVES = "users who support others or show indicators only"
_SPLIT = "10-fold cross-validation by user; the form of the heads was chosen on the same users"
_BY_RULE = "nothing is fitted; phrases were written with these posts in view"


def fit_heads(labels: Path, embedder: Embedder) -> tuple[tuple[Head, Head], Iterator[Accuracy]]:
    """The heads of turns and of conversations, and their accuracy beside that of the rules alone."""
    files = labelled.of_set(labels / "crisis_cssrs", "*.csv")
    users = labelled.crisis_posts(files[0])
    owner = np.repeat(np.arange(len(users)), [len(user.texts) for user in users])
    texts = pa.array([text for user in users for text in user.texts], pa.large_string())
    at_risk = np.array([user.at_risk for user in users])
    found = triage.severities(texts)
    origin = Origin("crisis_cssrs", labelled.digest(files), NO_LICENCE, AT_RISK, "user")
    turns = _turns(texts, found, embedder.embed(texts), at_risk[owner], owner, origin)
    logits = np.log(turns.unseen / (1 - turns.unseen))
    of_users = triage.pooled(logits, found, owner, len(users))
    whole = _conversations(of_users, at_risk, origin)
    head = whole.head.model_copy(
        update={"threshold": round(_threshold(at_risk, whole.unseen, THRESHOLD_AT), 4)}
    )
    measured = Measured(triage.CARD.name, triage.CARD.version, "crisis_cssrs", origin.sha256)
    return (turns.head, head), _accuracies(measured, at_risk, whole.unseen, of_users[:, 1])


def recall_at(positive: NDArray[np.bool_], score: Floats, rate: float, weight: Floats | None = None) -> float:
    """Recall at the threshold that lets through at most this share of the negatives."""
    weight = np.ones(len(score)) if weight is None else weight
    threshold = _threshold(positive, score, rate, weight)
    return float(weight[positive & (score >= threshold)].sum() / max(weight[positive].sum(), 1))


def _threshold(
    positive: NDArray[np.bool_], score: Floats, rate: float, weight: Floats | None = None
) -> float:
    """The lowest score of a case that at most this share of the negatives reaches."""
    weight = np.ones(len(score)) if weight is None else weight
    order = np.argsort(-score, kind="stable")
    passed = np.cumsum(np.where(positive, 0.0, weight)[order])
    last = np.r_[score[order][1:] != score[order][:-1], True]  # ties are let through together
    allowed = last & (passed <= rate * weight[~positive].sum())
    return float(score[order][allowed][-1]) if allowed.any() else float("inf")


def _turns(
    texts: pa.Array,
    found: NDArray[np.uint8],
    vectors: NDArray[np.float32],
    positive: NDArray[np.bool_],
    owner: NDArray[np.int64],
    origin: Origin,
) -> Fitted:
    weight = 1 / np.sqrt(np.bincount(owner))[owner]
    for side in (positive, ~positive):
        weight[side] *= _WEIGHT * len(weight) / weight[side].sum()
    cases = Cases(
        texts, triage.features(texts, found), triage.feature_names(), vectors, positive, owner, weight=weight
    )
    return fit(triage.TURN, HEADS_VERSION, cases, origin)


def _conversations(of_users: Floats, at_risk: NDArray[np.bool_], origin: Origin) -> Fitted:
    n = len(at_risk)
    cases = Cases(
        pa.nulls(n, pa.large_string()), of_users, triage.CONVERSATION_FEATURES, np.empty((n, 0), np.float32),
        at_risk, np.arange(n),
    )  # fmt: skip
    return fit_features(triage.CONVERSATION, HEADS_VERSION, cases, origin)


def _accuracies(
    measured: Measured, at_risk: NDArray[np.bool_], trained: Floats, severity: Floats
) -> Iterator[Accuracy]:
    n = len(at_risk)
    for head, score, split in (("lexical head", severity, _BY_RULE), ("trained head", trained, _SPLIT)):
        auc, interval = clustered_auc(at_risk, score, np.arange(n), SEED)
        yield measured.says("AUC", f"{AT_RISK} against {NEGATIVES}, {head}", auc, interval, n, split)

        def recalls(weights: Floats, score: Floats = score) -> Floats:
            return np.array([recall_at(at_risk, score, rate, weights) for rate in FALSE_POSITIVE_RATES])

        intervals = bootstrap(n, recalls, SEED)
        for rate, value, of in zip(FALSE_POSITIVE_RATES, recalls(np.ones(n)), intervals, strict=True):
            metric, target = f"recall at {rate:.0%} false positives", f"{AT_RISK}, {head}"
            yield measured.says(metric, target, float(value), of, int(at_risk.sum()), split)
