"""Fits the toxicity head on HateCheck and measures it on functionalities that it has not seen."""

import numpy as np
import pyarrow as pa
from scipy.optimize import minimize

from dataset_platform.curate.safety import toxicity
from dataset_platform.curate.safety.plain import plain
from dataset_platform.curate.safety.toxicity import attacking, features, marked, mildness
from dataset_platform.curate.safety.toxicity_words import FEATURES, LESSENS
from dataset_platform.heads import Block, Head, Part, logistic
from dataset_platform.quality.accuracy import Measured
from dataset_platform.quality.head_fitting import Origin, card
from dataset_platform.quality.labelled import HateCase
from dataset_platform.quality.measurement import Accuracy
from dataset_platform.quality.statistics import clustered_auc
from dataset_platform.quality.toxicity import CARD

PENALTY = 0.3  # of the log-likelihood against squared weights; AUC is flat from 0.03 to 3
LEAST_INTERCEPT = -1.0
THRESHOLD = 0.5
SEED = 20
SPLIT = (
    "each functionality scored by a head fitted on the others; word lists were written with these "
    "sentences in view, so the figures are optimistic"
)


def fit_and_measure(cases: list[HateCase], measured: Measured) -> tuple[list[Accuracy], Head]:
    """Accuracy with each functionality scored by a head fitted on the others, and the head fitted on all."""
    sentences = marked(plain(pa.array([case.text for case in cases], pa.large_string())))
    hateful = np.array([case.hateful for case in cases])
    functionality = np.array([case.functionality for case in cases])
    x, scored, factor = features(sentences), attacking(sentences), mildness(sentences)
    probability = np.zeros(len(cases))
    for name in np.unique(functionality):
        unseen = functionality == name
        weights = _fit(x[scored & ~unseen], hateful[scored & ~unseen])
        probability[unseen] = _predict(weights, x[unseen]) * (scored * factor)[unseen]
    intercept, *weights = _fit(x[scored], hateful[scored]).round(4).tolist()
    groups = np.unique(functionality, return_inverse=True)[1]
    origin = Origin(
        "hatecheck", measured.sha256, "CC BY 4.0 (Röttger et al. 2021)", "hateful sentences", "functionality"
    )
    head = Head(
        name=toxicity.NAME,
        version=CARD.version,
        parts=(
            Part(block=Block.FEATURES, names=tuple(FEATURES), weights=tuple(weights), intercept=intercept),
        ),
        threshold=THRESHOLD,
        card=card(groups, hateful, probability, origin, SPLIT),
    )
    return _accuracies(measured, hateful, functionality, probability), head


def _accuracies(
    measured: Measured, hateful: np.ndarray, functionality: np.ndarray, probability: np.ndarray
) -> list[Accuracy]:
    target = "hateful sentences against others"
    groups = np.unique(functionality, return_inverse=True)[1]
    auc, interval = clustered_auc(hateful, probability, groups, SEED)
    flagged = probability >= THRESHOLD
    entries = [
        measured.says("AUC", target, auc, interval, len(hateful), SPLIT, True),
        measured.share(
            "recall", "hateful sentences", int((flagged & hateful).sum()),
            int(hateful.sum()), SPLIT, True,
        ),
        measured.share(
            "false-positive rate", "sentences that are not hateful", int((flagged & ~hateful).sum()),
            int((~hateful).sum()), SPLIT, True,
        ),
    ]  # fmt: skip
    for metric, truth in (("false-positive rate", ~hateful), ("recall", hateful)):
        for name in np.unique(functionality[truth]):
            cases = functionality == name
            hits, target = int(flagged[cases].sum()), f"sentences of {name}"
            entries.append(measured.share(metric, target, hits, int(cases.sum()), SPLIT))
    return entries


def _predict(weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    return logistic(weights[0] + x @ weights[1:])


def _fit(x: np.ndarray, hateful: np.ndarray) -> np.ndarray:
    """Intercept and weights of a logistic regression with balanced classes.

    Signs are held: an attack cannot lower the score, a warm word cannot raise it. Almost all sentences
    that hold an attack are hateful here, so free weights would say what sets hateful ones apart.
    """
    balance = np.where(hateful, 0.5 / max(hateful.sum(), 1), 0.5 / max((~hateful).sum(), 1)) * len(hateful)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        p = np.clip(_predict(weights, x), 1e-12, 1 - 1e-12)
        fit = PENALTY * (balance * np.where(hateful, np.log(p), np.log(1 - p))).sum()
        slope = PENALTY * balance * (p - hateful)
        return 0.5 * (weights[1:] ** 2).sum() - fit, np.concatenate(
            [[slope.sum()], x.T @ slope + weights[1:]]
        )

    bounds = [(LEAST_INTERCEPT, None), *((None, 0) if name in LESSENS else (0, None) for name in FEATURES)]
    return np.asarray(minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds).x)
