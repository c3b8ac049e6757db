"""Names, places and streets: a tagger over words, and words that announce a name."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow.compute as pc

from dataset_platform.curate.columns import strings
from dataset_platform.curate.configuration import PrivateKind
from dataset_platform.curate.naming import Label, Tagger, packaged
from dataset_platform.curate.naming.tagger import OWN_LISTED, Words
from dataset_platform.curate.naming.words import SCALE, abbreviates, plain
from dataset_platform.curate.private_places import place_spans
from dataset_platform.curate.vocabulary import (
    ABSTRACT_ENDINGS,
    GIVEN_TOO,
    NOT_A_NAME,
    PUBLIC_PLACES,
    TERMS_OF_THE_FIELD,
)

Span = tuple[int, int, PrivateKind]

# Logits by which a label must be ahead of all others; measured, see `qa calibrate`.
AHEAD = {Label.NAME: -0.6, Label.PLACE: 1.5, Label.STREET: 1.5}
# A word beside a name is part of it already when it is a little behind, and in lower case less readily.
BESIDE_A_NAME, LOWER_CASE_AHEAD = -2.0, 2.2
# A word that is in no list of names or cities has to be further ahead.
UNLISTED = 0.6
_TEXTS_AT_ONCE = 4_000
# Where the network sees the share of words with a capital; above it, capitals tell nothing.
_SHARE_OF_CAPITALS, SHOUTED = -2, 0.9 * SCALE

_NAME = r"[^\W\d_][\w'’-]+"  # noqa: RUF001
_FULL_NAME = rf"(?-i:(?=[A-ZÀ-ÞĀ-Ž]){_NAME}(?: (?:[A-Z]\.? )?(?=[A-ZÀ-ÞĀ-Ž]){_NAME}){{0,3}})"
# Words that announce a name: what to ask of the whole column (RE2), then where the name stands.
_ANNOUNCED = tuple(
    (f"(?i:{hint})", re.compile(pattern, re.IGNORECASE))
    for hint, pattern in (
        (
            r"\b(?:dr|mr|mrs|ms|prof|professor|doctor|miss|nurse|pastor|rabbi|sir)\b\.? [^\W\d]",
            rf"\b(?:dr|mr|mrs|ms|prof|professor|doctor|miss|nurse|pastor|rabbi|sir)\b\.? "
            rf"(?P<name>{_FULL_NAME})",
        ),
        (
            r"\bname(?:['’]s| is|:|\?)",  # noqa: RUF001
            rf"\bname(?:['’]s| is|:|\?)(?: (?:User|A|Client):)?\s+"  # noqa: RUF001
            rf"(?P<name>{_FULL_NAME}|{_NAME}(?=\W*$|[.,!]))",
        ),
        (
            r"\b(?:called?|me|named|him|her|known as|this is|i am|i['’]?m) (?-i:\p{Lu})",  # noqa: RUF001
            rf"\b(?:called?(?: me)?|named(?: h(?:im|er))?|known as|this is|i am|i['’]?m) "  # noqa: RUF001
            rf"(?P<name>{_FULL_NAME})",
        ),
        (
            r"\b(?:hi|hello|hey|dear|thanks|thank you|welcome),? (?-i:\p{Lu})",
            rf"(?:^|[.!?\n] ?)(?:hi|hello|hey|dear|thanks|thank you|welcome),? "
            rf"(?P<name>{_FULL_NAME})(?=[,.!?\n]|$)",
        ),
        (
            r"\b(?:regards|sincerely|cheers|love),?\n",
            rf"\b(?:regards|sincerely|cheers|love),?\n+(?P<name>{_FULL_NAME})$",
        ),
    )
)
_WORD = re.compile(r"\S+")
_EDGES = " \t\n.,;:!?\"'()[]{}<>*_-–—…“”‘’"  # noqa: RUF001
# What may stand between two words of one name: a space, an initial, a particle.
_WITHIN_A_NAME = re.compile(
    r"[ \t]{1,2}(?:[A-Z]\.?[ \t]{1,2})?"
    r"(?:(?:de|da|do|dos|di|del|della|van|von|der|den|ter|la|le|bin|al|y|af) ){0,2}"
)
_NUMBER_BEFORE = re.compile(r"(?<![\w.-])\d{1,6}[a-z]?,? $")
_NUMBER_BEHIND = re.compile(r",? \d{1,5}[a-z]?\b(?![\w/:]|[.,]\d)")
# Behind a word that is a name and something else it tells the latter: `Hope you are well`, `May I`.
_GOES_ON = re.compile(r" (?:i|you|it|we|he|she|they|this|that|the|all|to|a|my|your)\b", re.IGNORECASE)
_HOLIDAY = re.compile(r"\b(?:christmas|year['’]?s?) $", re.IGNORECASE)  # noqa: RUF001
SHORTEST_ABSTRACT_NOUN = 8


def name_spans(texts: Sequence[str], tagger: Tagger) -> list[list[Span]]:
    """Names, places and streets in each text, as (start, end, kind); may overlap."""
    spans = _announced(texts)
    for first in range(0, len(texts), _TEXTS_AT_ONCE):
        for place, span in tagged(tagger, texts[first : first + _TEXTS_AT_ONCE]):
            spans[first + place].append(span)
    for found, towns in zip(spans, place_spans(texts, tagger.lexicon), strict=True):
        found.extend(towns)
    return spans


def repeated_names(names: Iterable[str]) -> re.Pattern[str] | None:
    """Finds these names and each of their words again; no words that have a meaning of their own."""
    words = {word for name in names for word in (name, *name.split()) if _is_distinctive(word)}
    if not words:
        return None
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![\w@.])(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def _is_distinctive(name: str) -> bool:
    known = [_Known.of(packaged_tagger(), word) for word in name.split()]
    return len(name) > 2 and name[:1].isupper() and not all(word.everyday for word in known)


def tagged(tagger: Tagger, texts: Sequence[str]) -> Iterator[tuple[int, Span]]:
    """What the tagger finds, as the place of the text and the span."""
    words = tagger.words(list(texts))
    if not len(words.places):
        return
    scores = tagger.scores(words)
    for label, start, end, text in _runs(words, scores, texts):
        span = _private(tagger, texts[text], start, end, label)
        if span:
            yield text, span


def _runs(words: Words, scores: np.ndarray, texts: Sequence[str]) -> Iterator[tuple[Label, int, int, int]]:
    """Words in a row with one label: the label, start, end and the place of the text."""
    labels = _labels(words, scores)
    texts_of, starts, ends = (a[words.places].tolist() for a in (words.texts, words.starts, words.ends))
    begun: tuple[Label, int, int, int] | None = None
    for label, text, start, end in zip(labels, texts_of, starts, ends, strict=True):
        if label is Label.OTHER:
            continue
        if begun and begun[0] is label and begun[3] == text:
            between = texts[text][begun[2] : start]
            possessive = texts[text][: begun[2]].endswith(("'s", "’s"))  # noqa: RUF001
            if _WITHIN_A_NAME.fullmatch(between) and not possessive:
                begun = (label, begun[1], end, text)
                continue
        if begun:
            yield begun
        begun = (label, start, end, text)
    if begun:
        yield begun


def _labels(words: Words, scores: np.ndarray) -> list[Label]:
    """The label of each possible word, OTHER where none is far enough ahead."""
    labels = np.full(len(scores), Label.OTHER.value)
    said = [words.words[place] for place in words.places]
    lower = np.array([word[:1].islower() for word in said])
    listed = words.inputs[:, OWN_LISTED].any(axis=1)
    shouted = words.inputs[:, _SHARE_OF_CAPITALS] > SHOUTED
    spelt_out = listed & (shouted | np.array([word.isupper() and len(word) > 3 for word in said], bool))
    short = np.array([abbreviates(word) for word in said], bool) & ~spelt_out
    for label, ahead in AHEAD.items():
        margin = scores[:, label] - np.delete(scores, label, axis=1).max(axis=1)
        needed = np.where(lower, LOWER_CASE_AHEAD, np.where(listed, ahead, ahead + UNLISTED))
        labels[(margin >= needed) & ~short] = label.value
        if label is Label.NAME:
            near = (margin >= BESIDE_A_NAME) & ~lower & ~short
    is_name = labels == Label.NAME
    neighbours = np.diff(words.places) == 1
    beside = np.zeros(len(labels), bool)
    beside[1:] |= is_name[:-1] & neighbours
    beside[:-1] |= is_name[1:] & neighbours
    labels[near & beside & (labels == Label.OTHER)] = Label.NAME.value
    return [Label(value) for value in labels.tolist()]


def _private(tagger: Tagger, text: str, start: int, end: int, label: Label) -> Span | None:
    """The span as a kind of private data; a place is private below the level of states and countries only."""
    words = [_Known.of(tagger, word) for word in text[start:end].split()]
    said = text[start:end].lower()
    if (said in GIVEN_TOO and _GOES_ON.match(text, end)) or (said == "eve" and _HOLIDAY.search(text[:start])):
        return None
    if all(word.everyday for word in words) and not (label is Label.NAME and _may_be_people(words)):
        return None
    if label is Label.STREET:
        before, behind = _NUMBER_BEFORE.search(text[:start]), _NUMBER_BEHIND.match(text, end)
        if before or behind:
            return (
                (before.start() if before else start),
                (behind.end() if behind else end),
                PrivateKind.ADDRESS,
            )
        label = Label.PLACE
    bare = text[start:end].removesuffix("'s").removesuffix("’s")  # noqa: RUF001
    if bare.lower() in PUBLIC_PLACES:
        return None
    kind = PrivateKind.NAME if label is Label.NAME else PrivateKind.LOCATION
    return start, start + len(bare), kind


@dataclass(frozen=True)
class _Known:
    """What the lexicon says of a word."""

    everyday: bool
    given: bool
    listed: bool

    @classmethod
    def of(cls, tagger: Tagger, word: str) -> "_Known":
        bare = plain(word).strip(_EDGES)
        parts = [tagger.lexicon.facts_of(part) for part in bare.split("-")]
        everyday = all(
            frequency and (cased == 1 or not given + surname + city + (cased == 2))
            for given, surname, frequency, city, cased in parts
        )
        given, surname = tagger.lexicon.facts_of(bare)[:2]
        never = bare in NOT_A_NAME and bare not in GIVEN_TOO
        return cls(never or everyday, given > 0 and not never, given + surname > 0 and not never)


def _may_be_people(words: list[_Known]) -> bool:
    """One everyday word can be a surname (White); of several, one must be a given name (no Labor Day)."""
    return words[0].listed if len(words) == 1 else any(word.given for word in words)


def _announced(texts: Sequence[str]) -> list[list[Span]]:
    column = strings(list(texts))
    spans: list[list[Span]] = [[] for _ in texts]
    for hint, pattern in _ANNOUNCED:
        for place in pc.match_substring_regex(column, hint).to_numpy(zero_copy_only=False).nonzero()[0]:
            found = (_trimmed(texts[place], *match.span("name")) for match in pattern.finditer(texts[place]))
            spans[place].extend(span for span in found if span)
    return spans


def _trimmed(text: str, start: int, end: int) -> Span | None:
    """The part of an announced name without everyday words at its edges."""
    words = [
        (start + match.start(), start + match.end(), match[0].strip(_EDGES))
        for match in _WORD.finditer(text[start:end])
    ]
    while words and not _name_like(words[0][2]):
        words.pop(0)
    while words and not _name_like(words[-1][2]):
        words.pop()
    if not words:
        return None
    span = text[words[0][0] : words[-1][1]]
    first = words[0][0] + len(span) - len(span.lstrip(_EDGES))
    last = words[-1][1] - (len(span) - len(span.rstrip(_EDGES)))
    if span.strip(_EDGES).removesuffix("'s").lower() in PUBLIC_PLACES:
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
    return len(word) >= SHORTEST_ABSTRACT_NOUN and word.endswith(ABSTRACT_ENDINGS)


@cache
def packaged_tagger() -> Tagger:
    """The tagger that ships, read once a process."""
    return packaged()
