"""Names, places and streets, by a tagger over words and by what announces them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from dataset_platform.curate.announced_names import EDGES, announced_names
from dataset_platform.curate.configuration import PrivateKind, Span
from dataset_platform.curate.name_labels import labels_of
from dataset_platform.curate.naming import Label, Tagger, packaged
from dataset_platform.curate.naming.lexicon import Case, Lexicon
from dataset_platform.curate.naming.tagger import Words
from dataset_platform.curate.naming.words import plain
from dataset_platform.curate.private_places import announced_towns, led_towns
from dataset_platform.curate.vocabulary import (
    GIVEN_TOO,
    NOT_A_NAME,
    PUBLIC_PLACES,
)

_TEXTS_AT_ONCE = 4_000

# What may stand between two words of one name: a space, an initial, a particle.
_WITHIN_A_NAME = re.compile(
    r"[ \t]{1,2}(?:[A-Z]\.?[ \t]{1,2})?"
    r"(?:(?:de|da|do|dos|di|del|della|van|von|der|den|ter|la|le|bin|al|y|af) ){0,2}"
)
_NUMBER_BEFORE = re.compile(r"(?<![\w.-])\d{1,6}[a-z]?,? $")
_LONGEST_BEFORE = 16  # of what these and `_HOLIDAY` look for before a name
_NUMBER_BEHIND = re.compile(r",? \d{1,5}[a-z]?\b(?![\w/:]|[.,]\d)")
# Behind a word that is a name and something else it tells the latter: `Hope you are well`, `May I`.
_GOES_ON = re.compile(r" (?:i|you|it|we|he|she|they|this|that|the|all|to|a|my|your)\b", re.IGNORECASE)
# Services that help are named after people (The Trevor Project), and whoever needs them has to find them.
_SERVICE = re.compile(r" (?:Project|Lifeline|Hotline|Helpline|Warmline|Society|Foundation)\b")
_HOLIDAY = re.compile(r"\b(?:christmas|year['’]?s?) $", re.IGNORECASE)  # noqa: RUF001


def name_spans(texts: Sequence[str], tagger: Tagger) -> list[list[Span]]:
    """Names, places and streets in each text, as (start, end, kind); may overlap, the likelier one first."""
    spans = announced_names(texts, tagger.lexicon)
    for found, towns in zip(spans, announced_towns(texts, tagger.lexicon), strict=True):
        found.extend(towns)
    for first in range(0, len(texts), _TEXTS_AT_ONCE):
        for place, span in tagged(tagger, texts[first : first + _TEXTS_AT_ONCE]):
            spans[first + place].append(span)
    for found, towns in zip(spans, led_towns(texts, tagger.lexicon), strict=True):
        found.extend(towns)
    return spans


def repeated_names(names: Iterable[str], texts: Sequence[str]) -> re.Pattern[str] | None:
    """Finds these names and each of their words in the texts; no words that have a meaning of their own.

    None where no text has one of them anywhere, which is far sooner told than a pattern is compiled.
    """
    words = {word for name in names for word in (name, *name.split()) if _is_distinctive(word)}
    everything = "\n".join(texts)
    said = [word for word in words if word in everything]
    if not said:
        return None
    longest_first = sorted(said, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![\w@.])(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


@lru_cache(maxsize=100_000)
def _is_distinctive(name: str) -> bool:
    known = [_known(packaged_tagger().lexicon, word) for word in name.split()]
    has_meaning = all(word.everyday and not word.given for word in known) or name.lower() in GIVEN_TOO
    return len(name) > 2 and name[:1].isupper() and not has_meaning


def tagged(tagger: Tagger, texts: Sequence[str]) -> Iterator[tuple[int, Span]]:
    """What the tagger finds, as the place of the text and the span."""
    words = tagger.words(list(texts))
    if not len(words.places):
        return
    for label, start, end, text in _runs(words, tagger.scores(words), texts):
        span = _private(tagger, texts[text], start, end, label)
        if span:
            yield text, span


def _runs(words: Words, scores: np.ndarray, texts: Sequence[str]) -> Iterator[tuple[Label, int, int, int]]:
    """Words in a row with one label: the label, start, end and the place of the text."""
    labels = labels_of(words, scores)
    labelled = np.flatnonzero(labels != Label.OTHER)
    places = words.places[labelled]
    columns = (labels[labelled], words.texts[places], words.starts[places], words.ends[places])
    begun: tuple[Label, int, int, int] | None = None
    for value, text, start, end in zip(*(column.tolist() for column in columns), strict=True):
        label = Label(value)
        if begun and begun[0] is label and begun[3] == text:
            between = texts[text][begun[2] : start]
            possessive = texts[text].endswith(("'s", "’s"), 0, begun[2])  # noqa: RUF001
            if _WITHIN_A_NAME.fullmatch(between) and not possessive:
                begun = (label, begun[1], end, text)
                continue
        if begun:
            yield begun
        begun = (label, start, end, text)
    if begun:
        yield begun


def _private(tagger: Tagger, text: str, start: int, end: int, label: Label) -> Span | None:
    """The span as a kind of private data; a place is private below the level of states and countries only."""
    words = [_known(tagger.lexicon, word) for word in text[start:end].split()]
    said, before_it = text[start:end].lower(), max(0, start - _LONGEST_BEFORE)
    if label is Label.NAME and (service := _SERVICE.search(text, start, end + 12)) and service.start() <= end:
        return None
    if said in GIVEN_TOO and _GOES_ON.match(text, end):
        return None
    if said == "eve" and _HOLIDAY.search(text, before_it, start):
        return None
    if all(word.everyday for word in words) and not (label is Label.NAME and _may_be_people(words)):
        return None
    if label is Label.STREET:
        before, behind = _NUMBER_BEFORE.search(text, before_it, start), _NUMBER_BEHIND.match(text, end)
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


@lru_cache(maxsize=100_000)
def _known(lexicon: Lexicon, word: str) -> _Known:
    bare = plain(word).strip(EDGES)
    parts = [lexicon.facts_of(part) for part in bare.split("-")]
    everyday = all(
        part.frequency
        and (part.is_ordinary or not part.given + part.surname + part.city + (part.case == Case.CAPITAL))
        for part in parts
    )
    given, surname = lexicon.facts_of(bare)[:2]
    never = bare in NOT_A_NAME and bare not in GIVEN_TOO
    return _Known(never or everyday, given > 0 and not never, given + surname > 0 and not never)


def _may_be_people(words: list[_Known]) -> bool:
    """One everyday word can be a surname (White); of several, one must be a given name (no Labor Day)."""
    return words[0].listed if len(words) == 1 else any(word.given for word in words)


@cache
def packaged_tagger() -> Tagger:
    """The tagger that ships, read once a process."""
    return packaged()
