"""Names, places and streets, by a tagger over words and by what announces them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from dataset_platform.curate.announced_names import EDGES, announced_names
from dataset_platform.curate.configuration import PrivateKind, Span
from dataset_platform.curate.naming import Label, Tagger, packaged
from dataset_platform.curate.naming.lexicon import Case
from dataset_platform.curate.naming.tagger import OWN_LISTED, OWN_ORDINARY, Words
from dataset_platform.curate.naming.words import SCALE, abbreviates, plain
from dataset_platform.curate.private_places import announced_towns, led_towns
from dataset_platform.curate.vocabulary import (
    GIVEN_TOO,
    NOT_A_NAME,
    PUBLIC_PLACES,
)

# Logits by which a label must be ahead of all others; measured, see `qa calibrate`.
AHEAD = {Label.NAME: -0.2, Label.PLACE: 1.5, Label.STREET: 1.5}
# A word beside a name is part of it already when it is behind, an ordinary one when it is a little behind;
# in lower case it has to be far ahead.
BESIDE_A_NAME, ORDINARY_BESIDE_A_NAME, LOWER_CASE_AHEAD = -5.0, -2.0, 2.2
# A word that is in no list of names or cities has to be further ahead, and an ordinary one in capitals.
UNLISTED, ORDINARY_IN_CAPITALS = 1.6, 3.0
_TEXTS_AT_ONCE = 4_000
# Where the network sees the share of words with a capital; above it, capitals tell nothing.
_SHARE_OF_CAPITALS, SHOUTED = -2, 0.9 * SCALE

# What may stand between two words of one name: a space, an initial, a particle.
_WITHIN_A_NAME = re.compile(
    r"[ \t]{1,2}(?:[A-Z]\.?[ \t]{1,2})?"
    r"(?:(?:de|da|do|dos|di|del|della|van|von|der|den|ter|la|le|bin|al|y|af) ){0,2}"
)
_NUMBER_BEFORE = re.compile(r"(?<![\w.-])\d{1,6}[a-z]?,? $")
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


def repeated_names(names: Iterable[str]) -> re.Pattern[str] | None:
    """Finds these names and each of their words again; no words that have a meaning of their own."""
    words = {word for name in names for word in (name, *name.split()) if _is_distinctive(word)}
    if not words:
        return None
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![\w@.])(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def _is_distinctive(name: str) -> bool:
    known = [_Known.of(packaged_tagger(), word) for word in name.split()]
    has_meaning = all(word.everyday and not word.given for word in known) or name.lower() in GIVEN_TOO
    return len(name) > 2 and name[:1].isupper() and not has_meaning


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
    listed, ordinary = words.inputs[:, OWN_LISTED].any(axis=1), words.inputs[:, OWN_ORDINARY] > 0
    shouted = words.inputs[:, _SHARE_OF_CAPITALS] > SHOUTED
    capitals = np.array([word.isupper() for word in said], bool)
    spelt_out = listed & (shouted | (capitals & np.array([len(word) > 3 for word in said], bool)))
    short = np.array([abbreviates(word) for word in said], bool) & ~spelt_out
    for label, ahead in AHEAD.items():
        margin = scores[:, label] - np.delete(scores, label, axis=1).max(axis=1)
        needed = np.where(lower, LOWER_CASE_AHEAD, np.where(listed, ahead, ahead + UNLISTED))
        needed += np.where(ordinary & capitals, ORDINARY_IN_CAPITALS, 0)
        labels[(margin >= needed) & ~short] = label.value
        if label is Label.NAME:
            near = margin >= np.where(ordinary, ORDINARY_BESIDE_A_NAME, BESIDE_A_NAME)
    names = set(words.places[labels == Label.NAME].tolist())
    for row in np.flatnonzero(near & ~lower & ~short & (labels == Label.OTHER)).tolist():
        if _is_beside(words, int(words.places[row]), names):
            labels[row] = Label.NAME.value
    return [Label(value) for value in labels.tolist()]


def _is_beside(words: Words, place: int, names: set[int]) -> bool:
    """Whether one of those words, or the mask of a name, stands next to a word, but for an initial."""
    return any(
        neighbour in names or words.words[neighbour].startswith(PrivateKind.NAME.mask[:-1])
        for neighbour in (_past_initials(words, place, step) for step in (-1, 1))
        if 0 <= neighbour < len(words.words) and words.texts[neighbour] == words.texts[place]
    )


def _past_initials(words: Words, place: int, step: int) -> int:
    """The next word in that direction that is no initial, nor the full stop of one."""
    said = words.words
    place += step
    while 0 <= place < len(said):
        letter = place - 1 if said[place] == "." else place
        if letter < 0 or len(said[letter]) > 1 or not said[letter].isupper():
            break
        place += step
    return place


def _private(tagger: Tagger, text: str, start: int, end: int, label: Label) -> Span | None:
    """The span as a kind of private data; a place is private below the level of states and countries only."""
    words = [_Known.of(tagger, word) for word in text[start:end].split()]
    said = text[start:end].lower()
    if label is Label.NAME and (service := _SERVICE.search(text, start, end + 12)) and service.start() <= end:
        return None
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
        bare = plain(word).strip(EDGES)
        parts = [tagger.lexicon.facts_of(part) for part in bare.split("-")]
        everyday = all(
            part.frequency
            and (part.is_ordinary or not part.given + part.surname + part.city + (part.case == Case.CAPITAL))
            for part in parts
        )
        given, surname = tagger.lexicon.facts_of(bare)[:2]
        never = bare in NOT_A_NAME and bare not in GIVEN_TOO
        return cls(never or everyday, given > 0 and not never, given + surname > 0 and not never)


def _may_be_people(words: list[_Known]) -> bool:
    """One everyday word can be a surname (White); of several, one must be a given name (no Labor Day)."""
    return words[0].listed if len(words) == 1 else any(word.given for word in words)


@cache
def packaged_tagger() -> Tagger:
    """The tagger that ships, read once a process."""
    return packaged()
