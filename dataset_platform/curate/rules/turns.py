"""Turns that say nothing, say the same again, or go on where the same speaker stopped."""

import numpy as np
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, Turns
from dataset_platform.curate.rules.rule import Applied, Rule, turn_rule

# "Yes." and "Mm-hm." may come again and again in a real session; a longer exchange word for word does not.
_LOOP_CHARS = 40


@turn_rule(Rule.EMPTY_TURNS)
def remove_empty(turns: Turns) -> Applied:
    """A turn in which nothing is left goes."""
    silent = pc.equal(pc.binary_length(turns.contents), 0).to_numpy(zero_copy_only=False)
    return _without(turns, silent)


@turn_rule(Rule.REPEATED_TURNS)
def collapse_loops(turns: Turns) -> Applied:
    """A turn that repeats the one before it goes; so does an exchange of two turns that repeats the last.

    An exchange counts as repeated from 40 characters on.
    """
    codes = np.stack([turns.rows, _codes(turns.roles), _codes(turns.contents)], axis=1)
    lengths = pc.utf8_length(turns.contents).to_numpy(zero_copy_only=False)
    same_as_last = (codes[1:] == codes[:-1]).all(axis=1)
    again = (codes[2:] == codes[:-2]).all(axis=1)
    if not same_as_last.any() and not (again[1:] & again[:-1]).any():
        return Applied(turns, turns.none())
    repeated = np.zeros(len(codes), bool)
    affected = (codes[1:, 0][same_as_last], codes[3:, 0][again[1:] & again[:-1]])
    for row in np.unique(np.concatenate(affected)):
        start, end = np.searchsorted(turns.rows, [row, row + 1])
        kept = _kept(codes[start:end].tolist(), lengths[start:end].tolist())
        repeated[start:end] = True
        repeated[start + np.array(kept)] = False
    return _without(turns, repeated)


def _codes(column: StringColumn) -> np.ndarray:
    return column.dictionary_encode().indices.to_numpy()


def _kept(codes: list[list[int]], lengths: list[int]) -> list[int]:
    """Places of the turns that stay, for what each turn says and how long it is."""
    kept: list[int] = []
    for place, code in enumerate(codes):
        if kept and codes[kept[-1]] == code:
            continue
        kept.append(place)
        tail = [codes[one] for one in kept[-4:]]
        if len(tail) == 4 and tail[:2] == tail[2:] and sum(lengths[one] for one in kept[-2:]) >= _LOOP_CHARS:
            del kept[-2:]
    return kept


@turn_rule(Rule.MERGED_TURNS)
def merge_neighbours(turns: Turns) -> Applied:
    """Consecutive turns of one speaker become one turn, a line each."""
    goes_on = turns.going_on()
    if not goes_on.any():
        return Applied(turns, turns.none())
    return Applied(turns.merged(), turns.counted(np.flatnonzero(goes_on)))


def _without(turns: Turns, unwanted: np.ndarray) -> Applied:
    if not unwanted.any():
        return Applied(turns, turns.none())
    return Applied(turns.at(np.flatnonzero(~unwanted)), turns.counted(np.flatnonzero(unwanted)))
