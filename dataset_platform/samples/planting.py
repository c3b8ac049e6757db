"""Plants duplicates, private data and dirt in composed conversations."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle

from dataset_platform.samples.conversation import Conversation, Planted, Quirk, Turn
from dataset_platform.samples.novelty import jaccard, shingles
from dataset_platform.samples.private_data import PRIVATE_KINDS, private_sentence
from dataset_platform.schemas import Role

MIN_NEAR_SIMILARITY = 0.85
_MIN_WORDS_TO_VARY = 130
_SYNONYMS = {
    "maybe": "perhaps",
    "perhaps": "maybe",
    "small": "little",
    "begin": "start",
    "everyone": "everybody",
    "nobody": "no one",
    "someone": "somebody",
    "glad": "happy",
    "moment": "instant",
    "quiet": "silent",
    "hard": "difficult",
    "think": "believe",
    "would": "might",
    "and": "and also",
    "but": "yet",
}


@dataclass(frozen=True)
class Amounts:
    """How many conversations of a source get which plant; `quirks` is that of each of the kinds."""

    exact: int = 0
    near: int = 0
    private: int = 0
    quirks: int = 0
    quirk_kinds: tuple[Quirk, ...] = tuple(Quirk)


def plant(conversations: Sequence[Conversation], amounts: Amounts, rng: random.Random) -> list[Conversation]:
    """The conversations with the plants among them, copies included, in a new order.

    Every plant has a conversation of its own: what is copied is left as it is.
    """
    order = rng.sample(range(len(conversations)), len(conversations))
    long_enough = [i for i in order if len(conversations[i].text.split()) >= _MIN_WORDS_TO_VARY]
    near_sources = long_enough[: amounts.near]
    free = [i for i in order if i not in near_sources]
    exact_sources, free = free[: amounts.exact], free[amounts.exact :]
    changed = list(conversations)
    for i, kind in zip(free[: amounts.private], cycle(PRIVATE_KINDS), strict=False):
        changed[i] = with_private_data(changed[i], kind, rng)
    free = [i for i in free[amounts.private :] if len(changed[i].text) > _MIN_WORDS_TO_VARY]
    for quirk in amounts.quirk_kinds:
        for i in free[: amounts.quirks]:
            changed[i] = with_quirk(changed[i], quirk)
        free = free[amounts.quirks :]
    changed += [exact_copy(conversations[i]) for i in exact_sources]
    changed += [near_copy(conversations[i], rng) for i in near_sources]
    rng.shuffle(changed)
    return changed


def exact_copy(conversation: Conversation) -> Conversation:
    return replace(conversation, planted=Planted.EXACT)


def near_copy(conversation: Conversation, rng: random.Random, n_words: int = 3) -> Conversation:
    """The conversation with up to `n_words` words exchanged, and at least `MIN_NEAR_SIMILARITY` alike."""
    original = shingles(conversation.text)
    contents = [turn.content for turn in conversation.turns]
    places = [
        (i, match)
        for i, content in enumerate(contents)
        for match in re.finditer(r"\b[a-z]+\b", content)
        if match[0] in _SYNONYMS
    ]
    for i, match in rng.sample(places, len(places)):
        tried = [*contents]
        tried[i] = re.sub(rf"\b{match[0]}\b", _SYNONYMS[match[0]], contents[i], count=1)
        if tried[i] != contents[i] and jaccard(original, shingles("\n".join(tried))) >= MIN_NEAR_SIMILARITY:
            contents, n_words = tried, n_words - 1
        if n_words == 0:
            break
    turns = tuple(
        replace(turn, content=content) for turn, content in zip(conversation.turns, contents, strict=True)
    )
    return replace(conversation, turns=turns, planted=Planted.NEAR)


def with_private_data(conversation: Conversation, kind: str, rng: random.Random) -> Conversation:
    """A made-up datum in a sentence at the end of the first turn of the client."""
    sentence, datum = private_sentence(kind, rng)
    return replace(_first_user_turn(conversation, lambda said: f"{said} {sentence}"), private=datum)


def with_quirk(conversation: Conversation, quirk: Quirk) -> Conversation:
    if quirk is Quirk.SPLIT_TURN:
        return replace(_split_first_user_turn(conversation), quirk=quirk)
    return replace(_first_user_turn(conversation, _DIRT[quirk]), quirk=quirk)


def html(text: str) -> str:
    """Entities for apostrophes and the first `and`, a break after the first sentence, a paragraph around."""
    escaped = text.replace(" and ", " &amp; ", 1).replace("'", "&#39;").replace(". ", ".<br>", 1)
    return f"<p>{escaped}</p>"


def mojibake(text: str) -> str:
    """A curly quote and a dash in UTF-8, read as Windows-1252."""
    curly = f"{text.replace(chr(39), chr(0x2019))} \u2026"
    return curly.encode("utf-8").decode("cp1252")


def zero_width(text: str) -> str:
    return "\ufeff" + text.replace(" ", " \u200b", 3)


def crlf(text: str) -> str:
    return text.replace(". ", ".\r\n", 1) + "\r\n"


_DIRT: dict[Quirk, Callable[[str], str]] = {
    Quirk.HTML: html,
    Quirk.MOJIBAKE: mojibake,
    Quirk.ZERO_WIDTH: zero_width,
    Quirk.CRLF: crlf,
}


def _first_user_turn(conversation: Conversation, change: Callable[[str], str]) -> Conversation:
    i = _first_user_index(conversation)
    turns = list(conversation.turns)
    turns[i] = replace(turns[i], content=change(turns[i].content))
    return replace(conversation, turns=tuple(turns))


def _split_first_user_turn(conversation: Conversation) -> Conversation:
    i = _first_user_index(conversation)
    turn = conversation.turns[i]
    halves = re.split(r"(?<=[.?!]) ", turn.content, maxsplit=1)
    turns: list[Turn] = [replace(turn, content=half) for half in halves]
    return replace(conversation, turns=(*conversation.turns[:i], *turns, *conversation.turns[i + 1 :]))


def _first_user_index(conversation: Conversation) -> int:
    return next(i for i, turn in enumerate(conversation.turns) if turn.role is Role.USER)
