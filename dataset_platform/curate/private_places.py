"""Towns by the words that announce them, and by a gazetteer where those say less."""

import re
from collections.abc import Callable, Sequence

from dataset_platform.curate.columns import hinted, strings
from dataset_platform.curate.configuration import PrivateKind, Span
from dataset_platform.curate.naming.gazetteer import packaged_gazetteer
from dataset_platform.curate.naming.lexicon import Case, Lexicon
from dataset_platform.curate.naming.words import plain
from dataset_platform.curate.vocabulary import NOT_A_NAME, PUBLIC_PLACES, TERMS_OF_THE_FIELD

Accepts = Callable[[Lexicon, str], bool]

# Tenths of a logarithm by which a word may be more frequent than its city has people, to mean the city still:
# Phoenix and Reading do, College and Church do not.
_MORE_FREQUENT = 30
_NO_TOWNS = frozenset({"santa"})
_CAPITALISED = r"(?-i:[A-ZÀ-ÞĀ-ŽΑ-Ω][\w'’-]+)"  # noqa: RUF001
_TOWN = rf"(?P<town>{_CAPITALISED}(?: {_CAPITALISED}){{0,2}})"
_LOWER = r"(?P<town>[^\W\d_][\w'-]+(?: [^\W\d_][\w'-]+){0,2})"
# Behind these words stands a place, whether a gazetteer knows it or not.
_STAYS = (
    r"\b(?:liv(?:e|es|ed|ing)|resid(?:e|es|ed|ing)|grew up|grown up|growing up|raised|born|settled|stationed)"
    r"(?: (?:right|back|here|over|now))? (?:in|near|outside)"
)
_GOES = (
    r"\b(?:moved?|moving|relocat(?:e|ed|ing)|flew|fly|flying|drove|driving|travell?ed|travell?ing|returned|"
    r"commut(?:e|ed|ing)|trip|flight)(?: (?:back|over|out|down|up))? (?:to|from)"
)
_CALLED = r"\bhome ?(?:town|city)(?:(?: is| was| of|:))?|\b(?:town|city|village) (?:of|called|named)|\bwhere:"
_ANNOUNCES = f"(?:{_STAYS}|{_GOES}|{_CALLED})"
_I_AM = r"\bi(?:['’]?m| am| was) (?:in|from|near|outside)"  # noqa: RUF001
# Behind these stands anything; only what the gazetteer knows is a town.
_LEADS = r"\b(?:in|from|near|outside|around|via|to|at|of)"


def _may_be(lexicon: Lexicon, town: str) -> bool:
    """Whether none of its words is an ordinary one, or it is a city too large to be meant otherwise."""
    return _is_large(lexicon, town) or all(_is_no_word(lexicon, word) for word in town.split())


def _is_known(lexicon: Lexicon, town: str) -> bool:
    """Whether the gazetteer knows the town, and no dictionary knows it as a word, nor a list as a name."""
    facts = lexicon.facts_of(plain(town))
    if _never(town) or facts.is_ordinary:
        return False
    if facts.city:
        return True
    is_word = facts.frequency and facts.case != Case.CAPITAL
    return packaged_gazetteer().knows(plain(town)) and not facts.given + facts.surname and not is_word


def _is_known_in_lower_case(lexicon: Lexicon, town: str) -> bool:
    facts = lexicon.facts_of(plain(town))
    is_surname = facts.surname and facts.frequency and facts.case != Case.CAPITAL
    return _is_known(lexicon, town) and not facts.given and not is_surname


def _is_large(lexicon: Lexicon, town: str) -> bool:
    facts = lexicon.facts_of(plain(town))
    return facts.city > 0 and facts.frequency - facts.city <= _MORE_FREQUENT and not _never(town)


def _is_no_word(lexicon: Lexicon, word: str) -> bool:
    facts = lexicon.facts_of(plain(word))
    is_word = facts.frequency and (facts.is_ordinary or not facts.city + facts.surname)
    return not _never(word) and not is_word


def _never(word: str) -> bool:
    bare = plain(word)
    known = bare in NOT_A_NAME or bare in TERMS_OF_THE_FIELD or bare in _NO_TOWNS
    return known or (word.isupper() and len(word) < 4)


_Frames = tuple[tuple[str, re.Pattern[str], Accepts], ...]
# What to ask of the whole column (RE2), then where the town stands, and which are taken for one.
_ANNOUNCING: _Frames = (
    (
        f"(?i:{_ANNOUNCES}|{_I_AM}) \\p{{Lu}}",
        re.compile(f"(?:{_ANNOUNCES}|{_I_AM}) {_TOWN}", re.IGNORECASE),
        _may_be,
    ),
    (
        f"(?i:{_ANNOUNCES}|{_I_AM}) \\p{{Ll}}",
        re.compile(f"(?:{_ANNOUNCES}|{_I_AM}) {_LOWER}", re.IGNORECASE),
        _is_known_in_lower_case,
    ),
)
_LEADING: _Frames = ((f"(?i:{_LEADS}) \\p{{Lu}}", re.compile(f"{_LEADS} {_TOWN}", re.IGNORECASE), _is_known),)
_WORD = re.compile(r"\S+")


def announced_towns(texts: Sequence[str], lexicon: Lexicon) -> list[list[Span]]:
    """Towns in each text behind words that nothing else follows, as (start, end, kind); may overlap.

    Countries and states are none, here and in `led_towns`.
    """
    return _towns(texts, lexicon, _ANNOUNCING)


def led_towns(texts: Sequence[str], lexicon: Lexicon) -> list[list[Span]]:
    """Towns that the gazetteer knows behind words that anything may follow, names of persons too."""
    return _towns(texts, lexicon, _LEADING)


def _towns(texts: Sequence[str], lexicon: Lexicon, frames: _Frames) -> list[list[Span]]:
    spans: list[list[Span]] = [[] for _ in texts]
    places = hinted(strings(list(texts)), [hint for hint, _, _ in frames])
    for (_, pattern, accepts), of_frame in zip(frames, places, strict=True):
        for place in of_frame.tolist():
            for match in pattern.finditer(texts[place]):
                town = _longest(match["town"], lexicon, accepts)
                if town:
                    start = match.start("town")
                    spans[place].append((start, start + len(town), PrivateKind.LOCATION))
    return spans


def _longest(said: str, lexicon: Lexicon, accepts: Accepts) -> str:
    """The longest beginning of what was said that is a town; empty where it is none, or a public place."""
    for word in reversed(list(_WORD.finditer(said))):
        town = said[: word.end()].removesuffix("'s").removesuffix("’s")  # noqa: RUF001
        if plain(town) in PUBLIC_PLACES:
            return ""
        if accepts(lexicon, town):
            return town
    return ""
