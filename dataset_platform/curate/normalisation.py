"""Every rule of cleaning over a batch of conversations, until nothing changes, with counts."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, Turns, matching, with_texts
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
            is_settled &= not applied.changed.any()
            turns = applied.turns
            edits[:, _PLACE[rule.name]] += applied.changed
            taken += applied.taken
    return Tidied(turns, edits, tuple(sorted(taken, key=lambda one: (one.row, one.turn))))


def normalise(column: StringColumn, rules: Sequence[TextRule]) -> tuple[StringColumn, dict[Rule, np.ndarray]]:
    """The texts after every rule, in order, until no text changes, and which of them each rule changed."""
    changed = {rule.name: np.zeros(len(column), bool) for rule in rules}
    before, unsettled = column, np.arange(len(column))
    while len(unsettled):
        after = _in_order(rules, before, unsettled, changed)
        differing = np.flatnonzero(pc.not_equal(before, after))
        unsettled, before = unsettled[differing], after.take(pa.array(differing))
        column = with_texts(column, unsettled, before)
    return column, changed


def _in_order(
    rules: Sequence[TextRule], texts: StringColumn, places: np.ndarray, changed: dict[Rule, np.ndarray]
) -> StringColumn:
    """The texts after these rules, in order; `changed[rule]` is set at the places of those it changed.

    Texts that have the hint of none of the rules pass all of them by at one look. The same object comes
    back where all do.
    """
    if len(rules) == 1:
        return _after(rules[0], texts, places, changed)
    hinted = matching(texts, "|".join(f"(?:{rule.hint})" for rule in rules))
    if not len(hinted):
        return texts
    some = texts.take(pa.array(hinted))
    after = some
    for half in (rules[: len(rules) // 2], rules[len(rules) // 2 :]):
        after = _in_order(half, after, places[hinted], changed)
    return texts if after is some else with_texts(texts, hinted, after)


def _after(
    rule: TextRule, texts: StringColumn, places: np.ndarray, changed: dict[Rule, np.ndarray]
) -> StringColumn:
    after = rule.apply(texts)
    if after is not texts:
        changed[rule.name][places] |= pc.not_equal(texts, after).to_numpy(zero_copy_only=False)
    return after
