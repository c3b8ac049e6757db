"""Names that words around them announce: titles, introductions, greetings, signatures."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dataset_platform.curate.columns import hinted, strings
from dataset_platform.curate.configuration import PrivateKind, Span
from dataset_platform.curate.naming.lexicon import Case, Facts, Lexicon
from dataset_platform.curate.naming.words import plain
from dataset_platform.curate.vocabulary import (
    ABSTRACT_ENDINGS,
    NOT_A_NAME,
    PUBLIC_PLACES,
    TERMS_OF_THE_FIELD,
)

_NAME = r"[^\W\d_][\w'’-]+"  # noqa: RUF001
_FULL_NAME = rf"(?-i:(?=[A-ZÀ-ÞĀ-Ž]){_NAME}(?: (?:[A-Z]\.? )?(?=[A-ZÀ-ÞĀ-Ž]){_NAME}){{0,3}})"
_IN_LOWER_CASE = r"(?-i:[a-zß-ÿ][a-zß-ÿ'’-]+)"  # noqa: RUF001
_TITLE = r"\b(?:dr|mr|mrs|ms|mx|prof|professor|doctor|miss|nurse|pastor|rabbi|sir)\b\.?"
_I_AM = r"\b(?:i am|i['’]?m)"  # noqa: RUF001
EDGES = " \t\n.,;:!?\"'()[]{}<>*_-–—…“”‘’"  # noqa: RUF001
_WORD = re.compile(r"\S+")
_SHORTEST_ABSTRACT_NOUN = 8
# Given names of fewer countries are words in English, as a rule.
_FEWEST_COUNTRIES = 3


def _anything(_: Facts) -> bool:
    return True


def _is_given(facts: Facts) -> bool:
    return facts.given > 0


def _is_no_word(facts: Facts) -> bool:
    return facts.given + facts.surname > 0 and not facts.is_ordinary


def _is_given_only(facts: Facts) -> bool:
    return facts.given >= _FEWEST_COUNTRIES and facts.case == Case.CAPITAL


@dataclass(frozen=True)
class _Announcement:
    """`hint` is what to ask of the whole column (RE2), `pattern` tells where the name stands.

    `accepts` is asked about the first word of what stands there.
    """

    hint: str
    pattern: re.Pattern[str]
    accepts: Callable[[Facts], bool]


_ANNOUNCEMENTS = tuple(
    _Announcement(f"(?i:{hint})", re.compile(pattern, re.IGNORECASE), accepts)
    for hint, pattern, accepts in (
        (rf"{_TITLE} (?-i:\p{{Lu}})", rf"{_TITLE} (?P<name>{_FULL_NAME})", _anything),
        (rf"{_TITLE} (?-i:\p{{Ll}})", rf"{_TITLE} (?P<name>{_IN_LOWER_CASE})", _is_no_word),
        (
            r"\bname(?:['’]s| is|:|\?)",  # noqa: RUF001
            rf"\bname(?:['’]s| is|:|\?)(?: (?:User|A|Client):)?\s+"  # noqa: RUF001
            rf"(?P<name>{_FULL_NAME}|{_NAME}(?=\W{{0,10}}$|[.,!]))",
            _anything,
        ),
        (
            r"\b(?:called?|me|named|him|her|known as|this is|i am|i['’]?m) (?-i:\p{Lu})",  # noqa: RUF001
            rf"\b(?:called?(?: me)?|named(?: h(?:im|er))?|known as|this is|i am|i['’]?m) "  # noqa: RUF001
            rf"(?P<name>{_FULL_NAME})",
            _anything,
        ),
        (r"\bit['’]s (?-i:\p{Lu})", rf"\bit['’]s (?P<name>{_FULL_NAME})", _is_given),  # noqa: RUF001
        (
            rf"(?:{_I_AM}|\bmy name) (?-i:\p{{Ll}})",
            rf"(?:{_I_AM}|\bmy name) (?P<name>{_IN_LOWER_CASE})",
            _is_given_only,
        ),
        (
            r"\b(?:hi|hello|hey|dear|thanks|thank you|welcome),? (?-i:\p{Lu})",
            rf"(?:^|[.!?\n] ?)(?:hi|hello|hey|dear|thanks|thank you|welcome),? "
            rf"(?P<name>{_FULL_NAME})(?=[,.!?\n]|$)",
            _anything,
        ),
        (
            r"\b(?:regards|sincerely|cheers|love),?\n",
            rf"\b(?:regards|sincerely|cheers|love),?\n+(?P<name>{_FULL_NAME})$",
            _anything,
        ),
    )
)


def announced_names(texts: Sequence[str], lexicon: Lexicon) -> list[list[Span]]:
    """Names in each text that the words before them announce, as (start, end, kind); may overlap."""
    spans: list[list[Span]] = [[] for _ in texts]
    places = hinted(strings(list(texts)), [announcement.hint for announcement in _ANNOUNCEMENTS])
    for announcement, of_announcement in zip(_ANNOUNCEMENTS, places, strict=True):
        for place in of_announcement.tolist():
            text = texts[place]
            for match in announcement.pattern.finditer(text):
                span = _trimmed(text, *match.span("name"))
                if span and announcement.accepts(lexicon.facts_of(plain(text[span[0] : span[1]].split()[0]))):
                    spans[place].append(span)
    return spans


def _trimmed(text: str, start: int, end: int) -> Span | None:
    """The part of an announced name without everyday words at its edges."""
    words = [
        (start + match.start(), start + match.end(), match[0].strip(EDGES))
        for match in _WORD.finditer(text[start:end])
    ]
    while words and not _name_like(words[0][2]):
        words.pop(0)
    while words and not _name_like(words[-1][2]):
        words.pop()
    if not words:
        return None
    span = text[words[0][0] : words[-1][1]]
    first = words[0][0] + len(span) - len(span.lstrip(EDGES))
    last = words[-1][1] - (len(span) - len(span.rstrip(EDGES)))
    if span.strip(EDGES).removesuffix("'s").lower() in PUBLIC_PLACES:
        return None
    return first, last, PrivateKind.NAME


def _name_like(word: str) -> bool:
    bare = re.sub(r"['’]s$", "", word)  # noqa: RUF001
    letters = [character for character in bare if character.isalpha()]
    if len(letters) < 2 or any(character.isdigit() for character in bare):
        return False
    return not _is_everyday(bare.lower())


def _is_everyday(word: str) -> bool:
    """Whether it is a known word; of a hyphenated one, whether its first part is."""
    if word in NOT_A_NAME or word.split("-")[0] in TERMS_OF_THE_FIELD:
        return True
    return len(word) >= _SHORTEST_ABSTRACT_NOUN and word.endswith(ABSTRACT_ENDINGS)
