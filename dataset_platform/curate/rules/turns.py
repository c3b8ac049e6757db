"""Turns that say nothing, say the same again, or go on where the same speaker stopped."""

import numpy as np
import pyarrow.compute as pc

from dataset_platform.curate.columns import Turns
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
    same_as_last, again = _repeats(turns, 1), _repeats(turns, 2)
    again_twice = again[1:] & again[:-1]
    if not same_as_last.any() and not again_twice.any():
        return Applied(turns, turns.none())
    repeated = np.zeros(len(turns.rows), bool)
    affected = (turns.rows[1:][same_as_last], turns.rows[3:][again_twice])
    for row in np.unique(np.concatenate(affected)):
        start, end = np.searchsorted(turns.rows, [row, row + 1])
        said = (column.slice(start, end - start).to_pylist() for column in (turns.roles, turns.contents))
        kept = _kept(list(zip(*said, strict=True)))
        repeated[start:end] = True
        repeated[start + np.array(kept)] = False
    return _without(turns, repeated)


def _repeats(turns: Turns, distance: int) -> np.ndarray:
    """Which turns, from number `distance` on, say what the turn so far before says, in one conversation."""
    if len(turns.rows) <= distance:
        return np.zeros(0, bool)
    same = [
        pc.equal(column.slice(distance), column.slice(0, len(column) - distance))
        for column in (turns.roles, turns.contents)
    ]
    in_one = turns.rows[distance:] == turns.rows[:-distance]
    return pc.and_(*same).to_numpy(zero_copy_only=False) & in_one


def _kept(said: list[tuple[str, str]]) -> list[int]:
    """Places of the turns that stay, for the role and the text of each."""
    kept: list[int] = []
    for place, turn in enumerate(said):
        if kept and said[kept[-1]] == turn:
            continue
        kept.append(place)
        tail = [said[one] for one in kept[-4:]]
        if len(tail) == 4 and tail[:2] == tail[2:] and sum(len(text) for _, text in tail[2:]) >= _LOOP_CHARS:
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
