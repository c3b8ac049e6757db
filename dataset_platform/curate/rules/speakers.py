"""Names of speakers that stand inside turns: `Therapist: …` at the start of a turn or of a line."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dataset_platform.curate.columns import Turns, matching, strings, with_texts
from dataset_platform.curate.rules.rule import Applied, Rule, turn_rule
from dataset_platform.schemas import Role

# Words for nothing but who speaks; "Doctor:" or "Student:" may be somebody that a client tells of.
_WORDS = {
    Role.ASSISTANT: (
        "therapist|counsellor|counselor|psychologist|psychotherapist|assistant|chatbot|supporter|listener|helper"
    ),
    Role.USER: "client|patient|user|human|seeker|help-?seeker",
}
_SPEAKERS = "|".join(_WORDS.values())
_COLON = r"[ \t]*[:\uff1a]"  # the second is East Asian
_ROLES = {role: re.compile(words, re.IGNORECASE) for role, words in _WORDS.items()}
_BEFORE, _BEHIND = r"[ \t]*[\[(]?", rf"(?: ?[1-9])?[\])]?{_COLON}[ \t]*"
_PREFIX = re.compile(rf"^{_BEFORE}({_SPEAKERS}){_BEHIND}", re.IGNORECASE | re.MULTILINE)
_PREFIXES = {
    role: re.compile(rf"(?:{_BEFORE}(?:{words}){_BEHIND})*", re.IGNORECASE) for role, words in _WORDS.items()
}
_HINT = rf"(?i)^[\s\[(]*(?:{_SPEAKERS})(?: ?[1-9])?[\])]?[ \t]*[:\x{{ff1a}}]"

Part = tuple[Role, str]


@turn_rule(Rule.SPEAKER_TURNS)
def split_speakers(turns: Turns) -> Applied:
    """A turn that begins with its own speaker's name and has lines of the other speaker, too, becomes turns.

    Where it begins with neither, or with the other's name, nobody can tell a quotation from a turn: it stays.
    """
    return _parted(turns, _both_speakers)


@turn_rule(Rule.SPEAKER_PREFIXES)
def remove_prefixes(turns: Turns) -> Applied:
    """The name of a turn's own speaker before what is said (`Therapist: …`) goes."""
    return _parted(turns, _one_speaker)


def _parted(turns: Turns, part: Callable[[str, str], list[Part]]) -> Applied:
    """The turns with those replaced for which `part` gives parts, from their role and text."""
    hinted = matching(turns.contents, _HINT)
    named = turns.at(hinted)
    found = {
        int(place): parts
        for place, role, text in zip(hinted, named.roles.to_pylist(), named.contents.to_pylist(), strict=True)
        if (parts := part(role, text))
    }
    if not found:
        return Applied(turns, turns.none())
    return Applied(_replaced(turns, found), turns.counted(np.array(list(found))))


def _both_speakers(role: str, text: str) -> list[Part]:
    parts = _parts(text)
    return parts if parts and parts[0][0] == role and len({who for who, _ in parts}) > 1 else []


def _one_speaker(role: str, text: str) -> list[Part]:
    rest = text
    while (parts := _parts(rest)) and {who for who, _ in parts} == {role}:
        rest = "\n".join(said for _, said in parts)
        if len(parts) == 1:  # all names at once, where a model repeats nothing but the name
            rest = _PREFIXES[Role(role)].sub("", rest, count=1).strip()
    return [(Role(role), rest)] if rest != text else []


def _parts(text: str) -> list[Part]:
    """Who says what, where each line that names a speaker begins a part; empty where the first names none."""
    prefixes = list(_PREFIX.finditer(text))
    if not prefixes or text[: prefixes[0].start()].strip():
        return []
    ends = [*(prefix.start() for prefix in prefixes[1:]), len(text)]
    return [
        (_role(prefix[1]), text[prefix.end() : end].strip())
        for prefix, end in zip(prefixes, ends, strict=False)
    ]


def _role(word: str) -> Role:
    return next(role for role, words in _ROLES.items() if words.fullmatch(word))


def _replaced(turns: Turns, parts: dict[int, list[Part]]) -> Turns:
    """The turns at these places, which ascend, in parts that keep the number of the whole."""
    places = list(parts)
    repeats = np.ones(len(turns.rows), np.int64)
    repeats[places] = [len(parts[place]) for place in places]
    index = np.repeat(np.arange(len(turns.rows)), repeats)
    many, of_parts = turns.at(index), np.flatnonzero(np.isin(index, places))
    flat = [part for place in places for part in parts[place]]
    roles = with_texts(many.roles, of_parts, strings([role.value for role, _ in flat]))
    contents = with_texts(many.contents, of_parts, strings([said for _, said in flat]))
    return replace(many, roles=roles, contents=contents)
