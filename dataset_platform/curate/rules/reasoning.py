"""Reasoning that generated answers carry in tags: kept beside the conversation, never in it."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import Turns, strings
from dataset_platform.curate.rules.rule import Applied, Rule, Taken, turn_rule
from dataset_platform.schemas import Role

_NAMES = r"think(?:ing)?|thoughts?|reason(?:ing)?"
_TAG = re.compile(rf"<\s*(/?)\s*(?:{_NAMES})\b[^<>]{{0,100}}>", re.IGNORECASE)
_HINT = rf"(?i)<\s*/?\s*(?:{_NAMES})\b"


@turn_rule(Rule.REASONING)
def take_reasoning(turns: Turns) -> Applied:
    """What an assistant's turn has in `<think>`, `<thinking>` or `<reasoning>` moves to the attributes.

    So it is with `<thought>`, in any case of letters. A tag that is never closed takes the rest of the
    turn, one that was never opened all that is before it.
    """
    hinted = pc.and_(pc.equal(turns.roles, Role.ASSISTANT), pc.match_substring_regex(turns.contents, _HINT))
    places = np.flatnonzero(hinted.to_numpy(zero_copy_only=False))
    if not len(places):
        return Applied(turns, turns.none())
    split = [_split(text) for text in turns.contents.take(pa.array(places)).to_pylist()]
    contents = pc.replace_with_mask(turns.contents, hinted, strings([said for said, _, _ in split]))
    tagged = places[[had_tags for _, _, had_tags in split]]
    taken = tuple(
        Taken(int(turns.rows[place]), int(turns.numbers[place]), thought)
        for place, (_, thoughts, _) in zip(places, split, strict=True)
        for thought in thoughts
    )
    return Applied(turns.saying(contents), turns.counted(tagged), taken)


def _split(text: str) -> tuple[str, list[str], bool]:
    """What is said, what is thought, and whether there was any tag."""
    said: list[str] = []
    thought: list[str] = []
    depth = position = 0
    tags = list(_TAG.finditer(text))
    for tag in tags:
        (thought if depth else said).append(text[position : tag.start()])
        position = tag.end()
        if not tag[1]:
            depth += 1
        elif depth:
            depth -= 1
        else:
            thought, said = [*said, *thought], []
    (thought if depth else said).append(text[position:])
    return "".join(said).strip(), [part.strip() for part in thought if part.strip()], bool(tags)
