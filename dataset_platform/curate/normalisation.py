"""Every rule of cleaning over a batch of conversations, until nothing changes, with counts."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, Turns
from dataset_platform.curate.configuration import Cleaning
from dataset_platform.curate.rules import TURN_RULES, Rule, Taken, TextRule, text_rules

_PLACE = {rule: place for place, rule in enumerate(Rule)}


@dataclass(frozen=True)
class Tidied:
    """Turns after all rules; `edits[row, rule]` counts the turns that a rule changed in a conversation.

    `taken` is what rules moved out of the turns, in the order of conversations and turns.
    """

    turns: Turns
    edits: np.ndarray
    taken: tuple[Taken, ...]


def tidy(turns: Turns, cleaning: Cleaning, closings: Set[int] = frozenset()) -> Tidied:
    """The turns after every rule, in order, repeated until no rule changes anything.

    So cleaning twice equals once. A rule that works on one text again counts it again
    only after the turns around it changed.
    """
    rules = text_rules(cleaning, closings)
    edits = np.zeros((turns.n_rows, len(Rule)), np.int32)
    taken: list[Taken] = []
    is_settled = False
    while not is_settled:
        contents, changed = normalise(turns.contents, rules)
        for name, places in changed.items():
            edits[:, _PLACE[name]] += turns.counted(np.flatnonzero(places))
        turns = turns.saying(contents)
        is_settled = True
        for rule in TURN_RULES:
            applied = rule.apply(turns)
            is_settled &= applied.turns is turns
            turns = applied.turns
            edits[:, _PLACE[rule.name]] += applied.changed
            taken += applied.taken
    return Tidied(turns, edits, tuple(sorted(taken, key=lambda one: (one.row, one.turn))))


def normalise(column: StringColumn, rules: Sequence[TextRule]) -> tuple[StringColumn, dict[Rule, np.ndarray]]:
    """The texts after every rule, in order, until no text changes, and which of them each rule changed.

    One look finds the texts that have the hint of any rule; no rule sees the others.
    """
    hint = "|".join(f"(?:{rule.hint})" for rule in rules)
    changed: dict[Rule, np.ndarray] = {}
    unsettled = pc.match_substring_regex(column, hint)
    while unsettled.true_count:
        places = np.flatnonzero(unsettled.to_numpy(zero_copy_only=False))
        before = column.filter(unsettled)
        after = before
        for rule in rules:
            texts = rule.apply(after)
            if texts is not after:
                _note(changed, rule.name, len(column), places, pc.not_equal(texts, after))
            after = texts
        column = pc.replace_with_mask(column, unsettled, after)
        again = pc.and_(pc.not_equal(before, after), pc.match_substring_regex(after, hint))
        unsettled = pc.replace_with_mask(unsettled, unsettled, again)
    return column, changed


def _note(
    changed: dict[Rule, np.ndarray], name: Rule, texts: int, places: np.ndarray, differing: pa.BooleanArray
) -> None:
    noted = changed.setdefault(name, np.zeros(texts, bool))
    noted[places[differing.to_numpy(zero_copy_only=False)]] = True
