"""Fits heads: parts by cross-validation over groups, how much each counts, then all on all data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset_platform.heads import Block, CurvePoint, Floats, Head, HeadCard, Part, logistic
from dataset_platform.quality import text_blocks
from dataset_platform.quality.dialogue_sets import PERMITTED_BY
from dataset_platform.quality.sentence_model import chosen
from dataset_platform.quality.statistics import clustered_auc
from dataset_platform.storage.files import digest_of

SEED = 20
FOLDS = 10
_DECIMALS = 5
_LEAST_SCALE = 1e-4  # what varies less is constant up to rounding
# Inverse strength of the penalty on squared weights, chosen once on EPITOME; AUC is flat around them.
_STRENGTH = {Block.FEATURES: 0.01, Block.VECTOR: 0.003, Block.WORDS: 3.0, Block.SENTENCES: 5.0}
_STANDARDISED = frozenset({Block.FEATURES, Block.VECTOR})


@dataclass(frozen=True)
class Cases:
    """Labelled texts; those of one group are never on both sides of a split.

    `shows` says of each sentence of `sentences` whether annotators marked it; None where none did.
    """

    texts: pa.Array
    features: Floats
    names: tuple[str, ...]
    vectors: NDArray[np.float32]
    positive: NDArray[np.bool_]
    group: NDArray[np.int64]
    weight: Floats | None = None
    shows: NDArray[np.bool_] | None = None

    @property
    def weights(self) -> Floats:
        return np.ones(len(self.positive)) if self.weight is None else self.weight

    @cached_property
    def fold(self) -> NDArray[np.int64]:
        """The fold of each case: whole groups, drawn with a fixed seed, with like shares of positives a fold.

        With unlike shares the intercepts of folds would run against their labels, and AUC be underestimated.
        """
        n_groups = int(self.group.max()) + 1
        share = np.bincount(self.group, self.positive, n_groups) / np.bincount(self.group, minlength=n_groups)
        chance = np.random.default_rng(SEED).random(n_groups)
        fold = np.empty(n_groups, np.int64)
        fold[np.lexsort((chance, share))] = np.arange(n_groups) % FOLDS
        return fold[self.group]


@dataclass(frozen=True)
class Origin:
    """The data that a head is fitted on, for its card."""

    dataset: str
    sha256: str
    licence: str
    positives: str
    grouped_by: str

    @classmethod
    def of_permitted(cls, digests: Mapping[str, str], positives: str) -> "Origin":
        """Dialogues of the sets that coefficients may be shipped of, by the digests of their files."""
        return cls("+".join(digests), digest_of(digests), PERMITTED_BY, positives, "dialogue")


@dataclass(frozen=True)
class Fitted:
    """A head, and the probability of each case by heads that have not seen its group."""

    head: Head
    unseen: Floats


@dataclass(frozen=True)
class _Learnt:
    part: Part
    unseen: Floats


def fit(name: str, version: str, cases: Cases, origin: Origin) -> Fitted:
    """The head of all cases; ValueError from scikit-learn where a fold has one class only."""
    sentences = text_blocks.Sentences.of(cases.texts)
    matrices: dict[Block, Any] = {
        Block.FEATURES: cases.features,
        Block.VECTOR: cases.vectors.astype(np.float64),
        Block.WORDS: text_blocks.words(cases.texts),
    }
    learnt = [_part(block, matrix, cases) for block, matrix in matrices.items()]
    if cases.shows is not None:
        learnt.append(_sentence_part(sentences, cases))
    return _combined(name, version, learnt, cases, origin)


def fit_features(name: str, version: str, cases: Cases, origin: Origin, strength: float = 1.0) -> Fitted:
    """A head of a few features alone; `strength` is the inverse of the penalty's."""
    return _combined(name, version, [_part(Block.FEATURES, cases.features, cases, strength)], cases, origin)


def curve(probability: Floats, positive: NDArray[np.bool_]) -> tuple[CurvePoint, ...]:
    """Calibration in ten parts of equal size, least probable first."""
    tenths = np.array_split(np.argsort(probability, kind="stable"), 10)
    return tuple(
        CurvePoint(
            probability=round(float(probability[part].mean()), 4),
            observed=round(float(positive[part].mean()), 4),
            n=len(part),
        )
        for part in tenths
        if len(part)
    )


def card(
    cases_of: NDArray[np.int64], positive: NDArray[np.bool_], unseen: Floats, origin: Origin, split: str
) -> HeadCard:
    """The card of a head by the probabilities of unseen cases; `cases_of` holds the group of each case."""
    auc, interval = clustered_auc(positive, unseen, cases_of, SEED)
    return HeadCard(
        dataset=origin.dataset,
        dataset_sha256=origin.sha256,
        licence=origin.licence,
        positives=origin.positives,
        split=split,
        vectors=chosen().name,
        n=len(positive),
        n_positive=int(positive.sum()),
        auc=round(auc, 4),
        interval=(round(interval[0], 4), round(interval[1], 4)),
        curve=curve(unseen, positive),
    )


def _combined(name: str, version: str, learnt: Sequence[_Learnt], cases: Cases, origin: Origin) -> Fitted:
    logits = np.column_stack([one.unseen for one in learnt])
    unseen = np.empty(len(logits))
    for fold in range(FOLDS):
        held = cases.fold == fold
        shares, intercept = _shares(logits[~held], cases.positive[~held], cases.weights[~held])
        unseen[held] = logistic(logits[held] @ shares + intercept)
    shares, intercept = _shares(logits, cases.positive, cases.weights)
    split = f"{FOLDS}-fold cross-validation by {origin.grouped_by}"
    return Fitted(
        Head(
            name=name,
            version=version,
            parts=tuple(one.part for one in learnt),
            shares=tuple(np.round(shares, _DECIMALS).tolist()),
            intercept=round(intercept, _DECIMALS),
            card=card(cases.group, cases.positive, unseen, origin, split),
        ),
        unseen,
    )


def _part(block: Block, matrix: Any, cases: Cases, strength: float | None = None) -> _Learnt:
    unseen, strength = np.empty(len(cases.positive)), strength or _STRENGTH[block]
    for fold in range(FOLDS):
        held = cases.fold == fold
        seen = matrix[~held], cases.positive[~held], cases.weights[~held]
        unseen[held] = _fitted(block, *seen, strength, cases.names).logit(matrix[held])
    part = _fitted(block, matrix, cases.positive, cases.weights, strength, cases.names)
    return _Learnt(part, unseen)


def _sentence_part(sentences: text_blocks.Sentences, cases: Cases) -> _Learnt:
    """A part that learns which sentences annotators marked; a text has the logit of its best sentence."""
    matrix, shows = text_blocks.words(sentences.text), np.asarray(cases.shows)
    weights, logits = np.ones(len(shows)), np.empty(len(shows))
    for fold in range(FOLDS):
        held = cases.fold[sentences.owner] == fold
        seen = matrix[~held], shows[~held], weights[~held]
        logits[held] = _fitted(Block.SENTENCES, *seen, _STRENGTH[Block.SENTENCES]).logit(matrix[held])
    part = _fitted(Block.SENTENCES, matrix, shows, weights, _STRENGTH[Block.SENTENCES])
    return _Learnt(part, text_blocks.highest(logits, sentences.owner, len(cases.positive)))


def _fitted(
    block: Block,
    matrix: Any,
    positive: NDArray[np.bool_],
    weights: Floats,
    strength: float,
    names: tuple[str, ...] = (),
) -> Part:
    # Imported here: only fitting needs it, and it takes half a second.
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    placing: Mapping[str, tuple[float, ...]] = {}
    if block in _STANDARDISED:
        mean, scale = matrix.mean(axis=0), matrix.std(axis=0)
        scale = np.where(scale > _LEAST_SCALE, scale, 1.0)
        matrix = (matrix - mean) / scale
        placing = {"mean": _rounded(mean), "scale": _rounded(scale)}
    balanced = "balanced" if block is Block.SENTENCES else None
    model = LogisticRegression(C=strength, max_iter=300, class_weight=balanced)
    with threadpool_limits(1):  # matrices this small are multiplied faster by one thread than by many
        model.fit(matrix, positive, sample_weight=weights)
    return Part(
        block=block,
        names=names if block is Block.FEATURES else (),
        weights=_rounded(model.coef_[0]),
        intercept=round(float(model.intercept_[0]), _DECIMALS),
        **placing,
    )


def _shares(logits: Floats, positive: NDArray[np.bool_], weights: Floats) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression

    spread = logits.std(axis=0)
    model = LogisticRegression(C=1.0).fit(logits / spread, positive, sample_weight=weights)
    return model.coef_[0] / spread, float(model.intercept_[0])


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(np.round(values, _DECIMALS).tolist())
