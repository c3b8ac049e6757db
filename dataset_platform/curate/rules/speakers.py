"""Names of speakers that stand inside turns: `Therapist: …` at the start of a turn or of a line."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, Turns, strings
from dataset_platform.curate.rules.rule import Applied, Rule, turn_rule
from dataset_platform.schemas import Role

# Words for nothing but who speaks; "Doctor:" or "Student:" may be somebody that a client tells of.
_WORDS = {
    Role.ASSISTANT: "therapist|counsellor|counselor|psychologist|psychotherapist|assistant|chatbot|supporter|listener|helper",
    Role.USER: "client|patient|user|human|seeker|help-?seeker",
}
_SPEAKERS = "|".join(_WORDS.values())
_ROLES = {role: re.compile(words, re.IGNORECASE) for role, words in _WORDS.items()}
_PREFIX = re.compile(rf"^[ \t]*[\[(]?({_SPEAKERS})(?: ?[1-9])?[\])]?[ \t]*[:：][ \t]*", re.IGNORECASE | re.MULTILINE)
_HINT = rf"(?i)^[\s\[(]*(?:{_SPEAKERS})(?: ?[1-9])?[\])]?[ \t]*[:：]"

Part = tuple[Role, str]


@turn_rule(Rule.SPEAKER_TURNS)
def split_speakers(turns: Turns) -> Applied:
    """A turn that begins with its own speaker's name and has lines of the other speaker, too, becomes turns.

    Where it begins with neither, or with the other's name, nobody can tell a quotation from a turn: it stays.
    """
    return _parted(turns, of_both=True)


@turn_rule(Rule.SPEAKER_PREFIXES)
def remove_prefixes(turns: Turns) -> Applied:
    """The name of a turn's own speaker before what is said (`Therapist: …`) goes."""
    return _parted(turns, of_both=False)


def _parted(turns: Turns, of_both: bool) -> Applied:
    """The turns of which all lines belong to their own speaker, or those of both, in parts."""
    places, parts = [], []
    hinted = np.flatnonzero(pc.match_substring_regex(turns.contents, _HINT).to_numpy(zero_copy_only=False))
    hinted_turns = turns.at(hinted)
    for place, role, text in zip(
        hinted, hinted_turns.roles.to_pylist(), hinted_turns.contents.to_pylist(), strict=True
    ):
        found = _parts(text)
        if found and found[0][0] == role and (len({who for who, _ in found}) > 1) == of_both:
            places.append(place)
            parts.append(found if of_both else [(found[0][0], "\n".join(said for _, said in found))])
    if not places:
        return Applied(turns, turns.none())
    return Applied(_replaced(turns, places, parts), turns.counted(np.array(places)))


def _parts(text: str) -> list[Part]:
    """Who says what, where each line that names a speaker begins a part."""
    prefixes = list(_PREFIX.finditer(text))
    ends = [*(prefix.start() for prefix in prefixes[1:]), len(text)]
    return [
        (_role(prefix[1]), text[prefix.end() : end].strip())
        for prefix, end in zip(prefixes, ends, strict=False)
    ]


def _role(word: str) -> Role:
    return next(role for role, words in _ROLES.items() if words.fullmatch(word))


def _replaced(turns: Turns, places: list[int], parts: list[list[Part]]) -> Turns:
    """The turns at these places in parts, each with the number of the turn that it was part of."""
    repeats = np.ones(len(turns.rows), np.int64)
    repeats[places] = [len(found) for found in parts]
    index = np.repeat(np.arange(len(turns.rows)), repeats)
    many = turns.at(index)
    is_part = pa.array(np.isin(index, places))
    flat = [part for found in parts for part in found]
    return Turns(
        many.rows,
        _with(many.roles, is_part, [role.value for role, _ in flat]),
        _with(many.contents, is_part, [said for _, said in flat]),
        many.n_rows,
        many.numbers,
    )


def _with(column: StringColumn, mask: pa.BooleanArray, values: list[str]) -> StringColumn:
    return pc.replace_with_mask(column, mask, strings(values))
