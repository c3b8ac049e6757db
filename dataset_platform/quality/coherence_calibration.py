"""Fits the coherence head on data whose licence allows it, and measures it there and elsewhere."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset_platform.heads import Block, Head, HeadCard, Part, logistic
from dataset_platform.quality import coherence, pairs
from dataset_platform.quality.accuracy import Measured
from dataset_platform.quality.dialogue_sets import PERMITTED, digested
from dataset_platform.quality.embedding import Embedder
from dataset_platform.quality.head_fitting import Origin, card
from dataset_platform.quality.measurement import Accuracy, Interval
from dataset_platform.quality.statistics import Floats, bootstrap, clustered_auc

SEED = 20
FOLDS = 5
HEAD_VERSION = "1"
HELD_OUT = ("esconv", "annomi", "schema_guided")
SHUFFLES: tuple[pairs.Shuffle, ...] = ("same topic", "same dialogue")


def fit_and_measure(conversations: Path, embedder: Embedder) -> tuple[list[Accuracy], Head]:
    fitted = {name: digested(conversations, name) for name in PERMITTED}
    topical = {
        name: [
            pairs.build(dialogues, "same topic", embedder, SEED),
            pairs.build(pairs.excerpts(dialogues, SEED), "same topic", embedder, SEED),
        ]
        for name, (_, dialogues) in fitted.items()
    }
    unseen = {name: _cross_validated(topical, name) for name in fitted}
    digests = {name: sha256 for name, (sha256, _) in fitted.items()}
    model = _fit([part for parts in topical.values() for part in parts])
    head = Head(
        name=coherence.NAME, version=HEAD_VERSION, parts=(model,), card=_card(topical, unseen, digests)
    )
    entries: list[Accuracy] = []
    for name, probability in unseen.items():
        measured = Measured("semantic_coherence", HEAD_VERSION, name, digests[name])
        split = f"{FOLDS}-fold cross-validation by dialogue"
        entries += _coherence_entries(measured, topical[name][0], probability, "same topic", split, False)
    return entries + measure_elsewhere(head, conversations, embedder), head


def measure_elsewhere(
    head: Head, conversations: Path, embedder: Embedder, sets: Collection[str] = HELD_OUT
) -> list[Accuracy]:
    """The head's accuracy on sets that it was not fitted on, in the order of `HELD_OUT`."""
    entries: list[Accuracy] = []
    fitted_on = head.card.dataset.replace("+", " and ")
    split = f"fitted on {fitted_on} only; this set was seen when features were chosen"
    for name in HELD_OUT:
        if name not in sets:
            continue
        sha256, dialogues = digested(conversations, name)
        measured = Measured("semantic_coherence", HEAD_VERSION, name, sha256)
        for shuffle in SHUFFLES:
            cases = pairs.build(dialogues, shuffle, embedder, SEED)
            headline = shuffle == "same topic" and name in ("esconv", "annomi")
            entries += _coherence_entries(
                measured, cases, head.of_features(cases.features), shuffle, split, headline
            )
    return entries


def _fit(parts: list[pairs.Pairs]) -> Part:
    """Logistic regression in which every part weighs the same, whatever its size."""
    # Imported here: only a calibration needs scikit-learn, and it takes half a second.
    from sklearn.linear_model import LogisticRegression

    features = np.vstack([part.features for part in parts])
    weight = np.concatenate([np.full(len(part.is_real), 1000 / len(part.is_real)) for part in parts])
    mean, scale = features.mean(axis=0), features.std(axis=0)
    model = LogisticRegression(max_iter=2000).fit(
        (features - mean) / scale, np.concatenate([part.is_real for part in parts]), sample_weight=weight
    )
    return Part(
        block=Block.FEATURES,
        names=coherence.FEATURES,
        mean=tuple(np.round(mean, 6).tolist()),
        scale=tuple(np.round(scale, 6).tolist()),
        weights=tuple(np.round(model.coef_[0], 6).tolist()),
        intercept=round(float(model.intercept_[0]), 6),
    )


def _card(
    topical: dict[str, list[pairs.Pairs]], unseen: dict[str, Floats], digests: dict[str, str]
) -> HeadCard:
    """The card over the cases of all sets; dialogues of different sets are different groups."""
    cases = [topical[name][0] for name in unseen]
    offsets = np.cumsum([0, *(int(part.dialogue.max()) + 1 for part in cases)])
    origin = Origin.of_permitted(digests, "real next turn against a reply from the same topic")
    return card(
        np.concatenate([part.dialogue + offset for part, offset in zip(cases, offsets[:-1], strict=True)]),
        np.concatenate([part.is_real for part in cases]),
        np.concatenate(list(unseen.values())),
        origin,
        f"{FOLDS}-fold cross-validation by dialogue",
    )


def _cross_validated(topical: dict[str, list[pairs.Pairs]], name: str) -> Floats:
    """Probabilities of the full-length cases of a set by heads that never saw their dialogue."""
    cases = topical[name][0]
    probability = np.empty(len(cases.is_real))
    for fold in range(FOLDS):
        kept = [_where(part, part.dialogue % FOLDS != fold) for parts in topical.values() for part in parts]
        held = cases.dialogue % FOLDS == fold
        probability[held] = logistic(_fit(kept).logit(cases.features[held]))
    return probability


def _where(cases: pairs.Pairs, mask: NDArray[np.bool_]) -> pairs.Pairs:
    return pairs.Pairs(cases.features[mask], cases.is_real[mask], cases.dialogue[mask])


def _coherence_entries(
    measured: Measured, cases: pairs.Pairs, probability: Floats, shuffle: str, split: str, headline: bool
) -> list[Accuracy]:
    auc, interval = clustered_auc(cases.is_real, probability, cases.dialogue, SEED)
    target = f"real next turn against a reply from the {shuffle}"
    n = len(probability)
    entries = [measured.says("AUC", target, auc, interval, n, split, headline)]
    if shuffle == "same topic":
        for truth, mask in ((1.0, cases.is_real), (0.5, np.ones(n, bool)), (0.0, ~cases.is_real)):
            share, interval = _recovered(probability[mask], cases.dialogue[mask])
            metric = f"estimated share where the truth is {truth:g}"
            shown = headline and truth == 0
            entries.append(measured.says(metric, target, share, interval, int(mask.sum()), split, shown))
    return entries


def _recovered(probability: Floats, dialogue: NDArray[np.int64]) -> tuple[float, Interval]:
    place = np.minimum((probability * coherence.N_BINS).astype(np.int64), coherence.N_BINS - 1)
    n = int(dialogue.max()) + 1
    bins = np.bincount(dialogue * coherence.N_BINS + place, minlength=n * coherence.N_BINS)
    bins = bins.reshape(n, coherence.N_BINS).astype(np.float64)

    def share(weights: Floats) -> Floats:
        return np.array([coherence.coherent_share(weights @ bins)])

    return float(share(np.ones(n))[0]), bootstrap(n, share, SEED)[0]
