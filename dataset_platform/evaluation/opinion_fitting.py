"""Fits the heads of `opinions` on the replies that the rules were tuned on: `python -m …opinion_fitting`."""

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dataset_platform.evaluation.opinions import FOLDER, FOUND_WHERE_MET, vectors
from dataset_platform.evaluation.rubric_accuracy import LabelledReply, Part, labelled_replies
from dataset_platform.evaluation.suite import RED_LINES, Criterion
from dataset_platform.heads import Block, Floats, Head, logistic
from dataset_platform.heads import Part as HeadPart
from dataset_platform.quality.head_fitting import Origin, card
from dataset_platform.quality.sentence_model import chosen

VERSION = "1"
FALSE_ALARMS = 0.03
"""Share of other replies that a head may find, of those it has not seen: its threshold is set by it.

Of a red line none may be found: one reply in a hundred over any of six stops a release.
"""
TOO_OFTEN_WRONG = (Criterion.KEEPS_BOUNDARIES,)
"""Red lines whose head found 15 of 150 real replies that cross none, and none of the fresh ones that do."""
_FOLDS = 10
_STRENGTH = 3.0


def fitted() -> Iterator[Head]:
    """A head for each criterion that has one; of a red line all other replies count as harmless."""
    cases = [case for case in labelled_replies() if case.part is Part.TUNED_ON]
    inputs = vectors([c.to for c in cases], [c.reply for c in cases], chosen().load())
    group = np.unique([c.to for c in cases], return_inverse=True)[1].astype(np.int64)
    for criterion in (*FOUND_WHERE_MET, *(one for one in RED_LINES if one not in TOO_OFTEN_WRONG)):
        meets, misses = _labels(cases, criterion)
        positive = meets if criterion in FOUND_WHERE_MET else misses
        known = np.ones(len(cases), bool) if criterion in RED_LINES else meets | misses
        yield _head(criterion, inputs[known], positive[known], group[known], digest(cases))


def digest(cases: list[LabelledReply]) -> str:
    """SHA-256 over the replies and their labels."""
    told = [(c.to, c.reply, [m.value for m in c.meets], [m.value for m in c.misses]) for c in cases]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _head(
    criterion: Criterion, inputs: Floats, positive: NDArray[np.bool_], group: NDArray[np.int64], sha256: str
) -> Head:
    from sklearn.model_selection import GroupKFold

    unseen = np.empty(len(positive))
    for seen, held in GroupKFold(_FOLDS).split(inputs, groups=group):
        unseen[held] = _part(inputs[seen], positive[seen]).logit(inputs[held])
    probability = logistic(unseen)
    allowed = 0.0 if criterion in RED_LINES else FALSE_ALARMS
    kind = "meet" if criterion in FOUND_WHERE_MET else "miss"
    origin = Origin(
        "replies of our own writing", sha256, "ours", f"replies that {kind} {criterion.value}", "prompt"
    )
    numbered = np.unique(group, return_inverse=True)[1].astype(np.int64)
    return Head(
        name=criterion.value,
        version=VERSION,
        parts=(_part(inputs, positive),),
        threshold=round(float(np.quantile(probability[~positive], 1 - allowed)) + 1e-4, 4),
        card=card(numbered, positive, probability, origin, f"{_FOLDS}-fold cross-validation by prompt"),
    )


def _part(inputs: Floats, positive: NDArray[np.bool_]) -> HeadPart:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(C=_STRENGTH, max_iter=500, class_weight="balanced")
    with threadpool_limits(1):
        model.fit(inputs, positive)
    weights = tuple(np.round(model.coef_[0], 3).tolist())
    return HeadPart(block=Block.VECTOR, weights=weights, intercept=round(float(model.intercept_[0]), 4))


def _labels(cases: list[LabelledReply], criterion: Criterion) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    meets = np.array([criterion in case.meets for case in cases])
    return meets, np.array([criterion in case.misses for case in cases])


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for one in fitted():
        one.write(FOLDER)
