"""The label of each word that can be part of a name: where the tagger is sure enough, and beside names."""

import numpy as np

from dataset_platform.curate.naming import Label
from dataset_platform.curate.naming.tagger import OWN_LISTED, OWN_ORDINARY, Words
from dataset_platform.curate.naming.words import SCALE, Shape

# Logits by which a label must be ahead of all others; measured, see `qa calibrate`.
AHEAD = {Label.NAME: -0.2, Label.PLACE: 1.5, Label.STREET: 1.5}
# A word beside a name is part of it already when it is behind, an ordinary one when it is a little behind;
# in lower case it has to be far ahead.
BESIDE_A_NAME, ORDINARY_BESIDE_A_NAME, LOWER_CASE_AHEAD = -5.0, -2.0, 2.2
# A word that is in no list of names or cities has to be further ahead, and an ordinary one in capitals.
UNLISTED, ORDINARY_IN_CAPITALS = 1.6, 3.0
# Where the network sees the share of words with a capital; above it, capitals tell nothing.
_SHARE_OF_CAPITALS, SHOUTED = -2, 0.9 * SCALE


def labels_of(words: Words, scores: np.ndarray) -> np.ndarray:
    """The label of each word at `places`, OTHER where none is far enough ahead."""
    labels = np.full(len(scores), Label.OTHER.value)
    of_possible = words.shapes[words.places]
    lower, capitals = _are(of_possible, Shape.LOWER_CASE), _are(of_possible, Shape.CAPITALS)
    listed, ordinary = words.inputs[:, OWN_LISTED].any(axis=1), words.inputs[:, OWN_ORDINARY] > 0
    shouted = words.inputs[:, _SHARE_OF_CAPITALS] > SHOUTED
    spelt_out = listed & (shouted | (capitals & ~_are(of_possible, Shape.BRIEF)))
    short = _are(of_possible, Shape.ABBREVIATION) & ~spelt_out
    for label, ahead in AHEAD.items():
        margin = scores[:, label] - np.delete(scores, label, axis=1).max(axis=1)
        needed = np.where(lower, LOWER_CASE_AHEAD, np.where(listed, ahead, ahead + UNLISTED))
        needed += np.where(ordinary & capitals, ORDINARY_IN_CAPITALS, 0)
        labels[(margin >= needed) & ~short] = label.value
        if label is Label.NAME:
            near = margin >= np.where(ordinary, ORDINARY_BESIDE_A_NAME, BESIDE_A_NAME)
    is_name = _are(words.shapes, Shape.MASK_OF_A_NAME)
    is_name[words.places[labels == Label.NAME]] = True
    rows = np.flatnonzero(near & ~lower & ~short & (labels == Label.OTHER))
    for row in rows[_may_be_beside(words.places[rows], is_name | _are(words.shapes, Shape.INITIAL))].tolist():
        if _is_beside(words, int(words.places[row]), is_name):
            labels[row] = Label.NAME.value
    return labels


def _are(shapes: np.ndarray, shape: Shape) -> np.ndarray:
    return shapes & shape > 0


def _may_be_beside(places: np.ndarray, is_near: np.ndarray) -> np.ndarray:
    """At which places a closer look can pay: a name or an initial is there or next, or two words before."""
    padded = np.pad(is_near, 2)
    return np.logical_or.reduce([padded[places + distance] for distance in range(4)])


def _is_beside(words: Words, place: int, is_name: np.ndarray) -> bool:
    """Whether a name, or the mask of one, stands next to a word, but for an initial."""
    return any(
        is_name[neighbour]
        for neighbour in (_past_initials(words, place, step) for step in (-1, 1))
        if 0 <= neighbour < len(words.said) and words.texts[neighbour] == words.texts[place]
    )


def _past_initials(words: Words, place: int, step: int) -> int:
    """The next word in that direction that is no initial, nor the full stop of one."""
    place += step
    while 0 <= place < len(words.said):
        letter = place - 1 if words.said[place] == "." else place
        if letter < 0 or not words.shapes[letter] & Shape.INITIAL:
            break
        place += step
    return place
