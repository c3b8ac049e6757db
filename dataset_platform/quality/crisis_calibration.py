"""Measures the triage of crises: per user and per post, its severity, and the rule that resolves flags."""

import numpy as np
import pyarrow as pa

from dataset_platform.quality.accuracy import Measured
from dataset_platform.quality.crisis import CARD
from dataset_platform.quality.labelled import RISKS, Dialogue, Posts
from dataset_platform.quality.measurement import Accuracy
from dataset_platform.quality.statistics import Floats, bootstrap, clustered_auc

SEED = 20
SPLIT = (
    "nothing is fitted; phrases were written with these posts in view, so the figures are optimistic; "
    "a user counts with the gravest post"
)
AT_RISK, NOT_AT_RISK = (
    "users with suicidal ideation, behaviour or attempt",
    "users who support others or show indicators only",
)


def severities(texts: pa.Array) -> np.ndarray:
    """Severity of the gravest crisis in each text, by what curation sets in a release."""
    # Imported here: curate pulls in its language models, which only a calibration needs.
    from dataset_platform.curate import crisis_severities

    return np.asarray(crisis_severities(texts).max(axis=1, initial=0).astype(np.int64))


def of_posts(users: list[Posts], measured: Measured) -> list[Accuracy]:
    """Recall and false alarms of flags per user and per post, and how severity agrees with the labels."""
    owner = np.repeat(np.arange(len(users)), [len(user.texts) for user in users])
    post = severities(pa.array([text for user in users for text in user.texts], pa.large_string()))
    gravest = np.zeros(len(users), np.int64)
    np.maximum.at(gravest, owner, post)
    at_risk = np.array([user.at_risk for user in users])
    risk = np.array([max(0, RISKS.index(user.risk) - 1) for user in users])
    entries = []
    for least in (1, 2, 3):
        suffix = "" if least == 1 else f", severity {least} or more"
        hit = gravest >= least
        entries += [
            measured.share(
                "recall", AT_RISK + suffix, int((hit & at_risk).sum()), int(at_risk.sum()), SPLIT, least == 1
            ),
            measured.share(
                "false-positive rate", NOT_AT_RISK + suffix, int((hit & ~at_risk).sum()),
                int((~at_risk).sum()), SPLIT, least == 1,
            ),
        ]  # fmt: skip
    for target, mine in (
        ("posts of " + AT_RISK, at_risk[owner]),
        ("posts of " + NOT_AT_RISK, ~at_risk[owner]),
    ):
        entries.append(
            measured.share("share flagged", target, int((post[mine] > 0).sum()), int(mine.sum()), SPLIT)
        )
    auc, interval = clustered_auc(at_risk, gravest.astype(np.float64), np.arange(len(users)), SEED)
    entries.append(measured.says("AUC", f"severity: {AT_RISK}", auc, interval, len(users), SPLIT))
    entries.append(_kappa(risk, gravest, measured))
    return entries


def of_chats(name: str, dialogues: list[Dialogue], sha256: str) -> Accuracy:
    """How many of real conversations are flagged: an alarm rate, as no label says which are crises."""
    measured = Measured(CARD.name, CARD.version, name, sha256)
    owner = np.array([place for place, d in enumerate(dialogues) for role, _ in d.messages if role == "user"])
    said = [text for d in dialogues for role, text in d.messages if role == "user"]
    hit = np.bincount(owner[severities(pa.array(said, pa.large_string())) > 0], minlength=len(dialogues)) > 0
    return measured.share(
        "share flagged", "conversations, unlabelled", int(hit.sum()), len(dialogues), "nothing is fitted"
    )


def _kappa(risk: np.ndarray, gravest: np.ndarray, measured: Measured) -> Accuracy:
    """Agreement of severity 0 to 3 with none, ideation, behaviour, attempt; quadratic weights."""

    def kappa(weights: Floats) -> Floats:
        return np.array([quadratic_kappa(risk, gravest, weights)])

    value = float(kappa(np.ones(len(risk)))[0])
    (interval,) = bootstrap(len(risk), kappa, SEED)
    target = "severity 0 to 3 against none, ideation, behaviour, attempt of the user"
    return measured.says("quadratic kappa", target, value, interval, len(risk), SPLIT)


def quadratic_kappa(truth: np.ndarray, found: np.ndarray, weights: Floats) -> float:
    """Cohen's kappa with quadratic weights, from weighted cases; NaN where all cases are alike."""
    observed = np.zeros((4, 4))
    np.add.at(observed, (truth, found), weights)
    expected = np.outer(observed.sum(1), observed.sum(0)) / observed.sum()
    distance = np.subtract.outer(np.arange(4), np.arange(4)) ** 2
    chance = (distance * expected).sum()
    return float(1 - (distance * observed).sum() / chance) if chance else float("nan")
