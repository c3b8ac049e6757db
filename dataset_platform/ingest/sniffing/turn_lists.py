"""Turns that are the entries of lists, as a sample of records shows them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, product

from dataset_platform.ingest.sniffing.fields import (
    MOSTLY,
    Lists,
    Record,
    content_field,
    labels,
    lists,
    number_field,
    speaker_field,
)
from dataset_platform.ingest.sniffing.shape import ENOUGH, SIDES, Shape
from dataset_platform.ingest.sniffing.speakers import BY_ORDER
from dataset_platform.ingest.sniffing.words import (
    ANSWER_FIELDS,
    LIST_FIELDS,
    QUESTION_FIELDS,
    query,
    speaks_of,
)

_MOST_PAIRS = 100
"""Pairs of lists that are tried as one that goes on in the other: sources have a few."""


def turn_lists(records: Sequence[Record], least: float) -> Iterator[Shape]:
    """Shapes of turns in lists that more than `least` records have, the surest first.

    What other lists of turns a record has is a doubt.
    """
    found = sorted(lists(records), key=_unlikeliness)
    common = [one for one in found if len(one.places) > least]
    if not common:
        return
    yield from _continued(common)
    shapes = [(one, shape) for one in found if (shape := _turn_list(one)) is not None]
    for one, shape in shapes:
        if len(one.places) <= least:
            continue
        beside = [
            query(*other.path)
            for other, of_other in shapes
            if other is not one and not of_other.covers.isdisjoint(shape.covers)
        ]
        doubts = tuple(f"`{name}` holds turns, too, and stays an attribute" for name in beside)
        yield replace(shape, doubts=shape.doubts + doubts)


def _unlikeliness(found: Lists) -> tuple[bool, bool]:
    """A list that is called one of turns goes first, one that is called a question last."""
    return not _is_called_a_list_of_turns(found), _is_called(found, QUESTION_FIELDS)


def _is_called_a_list_of_turns(found: Lists) -> bool:
    return not found.path or _is_called(found, LIST_FIELDS)


def _is_called(found: Lists, topic: frozenset[str]) -> bool:
    return bool(found.path) and speaks_of(found.path[-1], topic)


def _continued(found: Sequence[Lists]) -> Iterator[Shape]:
    """Turns that begin in one list and go on in another, such as those of `prompt` and `completion`."""
    firsts = [one for one in found if _is_called(one, QUESTION_FIELDS)]
    thens = [one for one in found if _is_called(one, ANSWER_FIELDS)]
    for first, then in islice(product(firsts, thens), _MOST_PAIRS):
        joined = _joined(first, then)
        shape = _turn_list(joined, f"[{query(*first.path)}, {query(*then.path)}][]")
        if shape is not None:
            yield shape


def _joined(first: Lists, then: Lists) -> Lists:
    """The turns of both lists in records that have both, but for those where one repeats the other."""
    going_on = then.by_place
    both = {
        place: [*turns, *going_on[place]]
        for place, turns in first.by_place.items()
        if place in going_on and going_on[place][: len(turns)] != turns
    }
    return Lists(then.path, tuple(both.values()), tuple(both))


def _turn_list(found: Lists, at: str = "") -> Shape | None:
    """The shape of the turns that the lists hold, be it at another place than a list of theirs."""
    turns = [turn for conversation in found.values for turn in conversation]
    objects = [turn for turn in turns if isinstance(turn, dict)]
    if not turns:
        return None
    if len(objects) >= MOSTLY * len(turns):
        return _turns_of_objects(at or query(*found.path), found, objects)
    strings = [turn for turn in turns if isinstance(turn, str)]
    if not at and _is_called_a_list_of_turns(found) and len(strings) >= MOSTLY * len(turns):
        return _turns_of_strings(found)
    return None


def _turns_of_objects(at: str, found: Lists, turns: Sequence[Record]) -> Shape | None:
    speaker = speaker_field(turns)
    number = None if speaker else number_field(turns)
    name = speaker.name if speaker else number
    content = content_field(turns, but=name)
    if name is None or content is None:
        return None
    kept = [query(*path) for path in labels(turns, but={name, content.name})]
    described = {
        "shape": "list",
        "at": at,
        "role": query(name),
        "content": query(content.name),
        **({"speakers": list(SIDES)} if number else {}),
        **({"keep": kept} if kept else {}),
    }
    if number:
        return Shape(described, frozenset(found.places), doubts=(BY_ORDER,))
    names = tuple(
        tuple(turn[name] for turn in conversation if _names_speaker(turn, name))
        for conversation in found.values
    )
    return Shape(described, frozenset(found.places), names)


def _names_speaker(turn: object, name: str) -> bool:
    return isinstance(turn, dict) and isinstance(turn.get(name), str)


def _turns_of_strings(found: Lists) -> Shape | None:
    if sum(len(turns) > 1 for turns in found.values) < ENOUGH * len(found.values):
        return None
    at = query(*found.path)
    where = f"`{at}`" if found.path else "a record"
    doubt = f"the strings of {where} take turns, and the user begins, since nothing names who speaks"
    return Shape(
        {"shape": "list", "at": at, "speakers": list(SIDES)}, frozenset(found.places), doubts=(doubt,)
    )
