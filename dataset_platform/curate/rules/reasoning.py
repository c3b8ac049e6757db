"""Reasoning that generated answers carry in tags: kept beside the conversation, never in it."""

import re
from collections import deque
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc

from dataset_platform.curate.columns import Turns, strings, with_texts
from dataset_platform.curate.rules.rule import Applied, Rule, Taken, turn_rule
from dataset_platform.schemas import Role

_NAMES = r"think(?:ing)?|thoughts?|reason(?:ing)?"
_TAG = re.compile(rf"<\s*(/?)\s*(?:{_NAMES})\b[^<>]{{0,100}}>", re.IGNORECASE)


@turn_rule(Rule.REASONING)
def take_reasoning(turns: Turns) -> Applied:
    """What an assistant's turn has in `<think>`, `<thinking>` or `<reasoning>` moves to the attributes.

    So it is with `<thought>`, in any case of letters. A tag that is never closed takes the rest of the
    turn, one that was never opened all that is before it.
    """
    # A character is found many times faster than a pattern.
    maybe = pc.and_(pc.equal(turns.roles, Role.ASSISTANT), pc.match_substring_regex(turns.contents, "<"))
    split = {
        place: parts
        for place in np.flatnonzero(maybe).tolist()
        if (parts := _split(turns.contents[place].as_py())) is not None
    }
    if not split:
        return Applied(turns, turns.none())
    tagged = np.array(list(split))
    said = strings([parts.said for parts in split.values()])
    taken = tuple(
        Taken(int(turns.rows[place]), int(turns.numbers[place]), thought)
        for place, parts in split.items()
        for thought in parts.thoughts
    )
    contents = with_texts(turns.contents, tagged, said)
    return Applied(turns.saying(contents), turns.counted(tagged), taken)


class _Split(NamedTuple):
    """A text in two: what is said, and what is thought."""

    said: str
    thoughts: list[str]


def _split(text: str) -> _Split | None:
    """None for a text without tags."""
    tags = list(_TAG.finditer(text))
    if not tags:
        return None
    said: list[str] = []
    thought: deque[str] = deque()
    depth = position = 0
    for tag in tags:
        (thought if depth else said).append(text[position : tag.start()])
        position = tag.end()
        if not tag[1]:
            depth += 1
        elif depth:
            depth -= 1
        else:
            thought.extendleft(reversed(said))
            said.clear()
    (thought if depth else said).append(text[position:])
    return _Split("".join(said).strip(), [part.strip() for part in thought if part.strip()])
