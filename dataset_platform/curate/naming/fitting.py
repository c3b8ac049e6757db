"""Fits the tagger: on labelled sentences, on invented ones, and on chats as examples of no name.

    dataset-platform qa fit-names <labels> <conversations>

The weights that ship are those of this fit; the same packages and data give the same weights.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray

from dataset_platform.curate.naming.gathering import gathered, sources
from dataset_platform.curate.naming.inventing import Inventor, LabelledSpan
from dataset_platform.curate.naming.lexicon import Lexicon
from dataset_platform.curate.naming.sentences import ORDINARY
from dataset_platform.curate.naming.tagger import N_INPUTS, REACH, WEIGHT_SCALE, Label, Tagger
from dataset_platform.curate.naming.words import N_FEATURES, SCALE, Column

SEED = 1
N_INVENTED = 16_000
_HIDDEN = 32
_PASSES = 8
_LABELLED_COUNT_TWICE = 2
_ORDINARY_REPEATS = 4
# Columns of the word itself, in the middle of what the network sees.
_OWN = slice(REACH * N_FEATURES, (REACH + 1) * N_FEATURES)


@dataclass(frozen=True)
class Example:
    """A text with what is known of it; examples of one group are never on both sides of a split."""

    text: str
    spans: Sequence[LabelledSpan]
    group: int


@dataclass(frozen=True)
class Lesson:
    """Inputs of the network, the right labels, and the groups they must not be torn from."""

    inputs: NDArray[np.int16]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]


def fit(labelled: Sequence[Example], chats: Sequence[str]) -> Tagger:
    """The tagger that ships; ModuleNotFoundError when the packages of the extra `fitting` are missing."""
    untrained = _untrained(gathered(sources()))
    common = _common(untrained, chats)
    return _fitted(untrained.lexicon, [_lesson(untrained, labelled), common])


def cross_fitted(
    labelled: Sequence[Example], chats: Sequence[str], folds: int = 5
) -> Iterator[tuple[Tagger, list[int]]]:
    """Taggers that have not seen a group of examples, and the places of those examples."""
    untrained = _untrained(gathered(sources()))
    common, lesson = _common(untrained, chats), _lesson(untrained, labelled)
    groups = sorted({example.group for example in labelled})
    Random(SEED).shuffle(groups)
    for fold in range(folds):
        held_out = set(groups[fold::folds])
        seen = ~np.isin(lesson.groups, list(held_out))
        part = Lesson(lesson.inputs[seen], lesson.labels[seen], lesson.groups[seen])
        tagger = _fitted(untrained.lexicon, [part, common])
        yield tagger, [place for place, example in enumerate(labelled) if example.group in held_out]


def _untrained(lexicon: Lexicon) -> Tagger:
    return Tagger(
        lexicon, *(np.zeros(shape) for shape in ((N_INPUTS, 1), (1,), (1, len(Label)), (len(Label),)))
    )


def _common(tagger: Tagger, chats: Sequence[str]) -> Lesson:
    """What every fit learns from: invented sentences, ordinary lines, and ordinary words of chats."""
    rng, inventor = Random(SEED), Inventor.of(sources())
    invented = [Example(*inventor.sentence(rng), group=-1) for _ in range(N_INVENTED)]
    ordinary = [Example(line, (), -1) for line in ORDINARY * _ORDINARY_REPEATS]
    taught = _lesson(tagger, [*invented, *ordinary])
    nameless = _nameless(tagger, chats)
    return Lesson(
        np.vstack([taught.inputs, nameless]),
        np.concatenate([taught.labels, np.zeros(len(nameless), np.int64)]),
        np.full(len(taught.labels) + len(nameless), -1),
    )


def _lesson(tagger: Tagger, examples: Sequence[Example]) -> Lesson:
    words = tagger.words([example.text for example in examples])
    labels, groups = np.zeros(len(words.places), np.int64), np.zeros(len(words.places), np.int64)
    for row, place in enumerate(words.places):
        example = examples[words.texts[place]]
        groups[row] = example.group
        for start, end, label in example.spans:
            if start < words.ends[place] and words.starts[place] < end:
                labels[row] = label
    return Lesson(words.inputs, labels, groups)


def _nameless(tagger: Tagger, chats: Sequence[str]) -> NDArray[np.int16]:
    """Words of real chats that no list knows as a name or a city and that do not read like one.

    A word that is a name as well, such as Mark, is left out where it has a capital: it may be meant as one.
    """
    inputs = tagger.words(list(chats)).inputs
    own = inputs[:, _OWN]
    listed = (own[:, [Column.GIVEN, Column.SURNAME, Column.CITY]] > 0).any(axis=1)
    ordinary = (own[:, Column.EVERYDAY] > 0) & (
        (own[:, Column.GIVEN] == 0) | (own[:, Column.LOWER_IN_DICTIONARIES] > 0)
    )
    maybe = (own[:, Column.CAPITAL] > 0) & ((own[:, Column.UNKNOWN] > 0) | listed) & ~ordinary
    return inputs[~maybe]


def _fitted(lexicon: Lexicon, lessons: Sequence[Lesson]) -> Tagger:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    repeated = [lessons[0]] * _LABELLED_COUNT_TWICE + list(lessons[1:])
    inputs = np.vstack([lesson.inputs for lesson in repeated]).astype(np.float32) / SCALE
    labels = np.concatenate([lesson.labels for lesson in repeated])
    scaler = StandardScaler().fit(inputs)
    network = MLPClassifier(
        (_HIDDEN,), alpha=1e-2, max_iter=_PASSES, batch_size=256, learning_rate_init=2e-3, random_state=SEED
    )
    # Matrices this small are multiplied five times faster by one thread than by two.
    with threadpool_limits(1), catch_warnings():
        simplefilter("ignore", ConvergenceWarning)  # a fixed number of passes is what is wanted
        network.fit(scaler.transform(inputs), labels)
    first, second = network.coefs_
    first_bias, second_bias = network.intercepts_
    # The scaler is folded into the first layer, then everything becomes whole numbers.
    folded = first / scaler.scale_[:, None]
    unit = SCALE * WEIGHT_SCALE
    return Tagger(
        lexicon,
        np.round(folded * WEIGHT_SCALE),
        np.round((first_bias - scaler.mean_ @ folded) * unit),
        np.round(second * WEIGHT_SCALE),
        np.round(second_bias * unit * WEIGHT_SCALE),
    )
