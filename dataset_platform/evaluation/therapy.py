"""Replies on held-out contexts: the platform's validators, and against what was really replied."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from dataset_platform.evaluation.said import Asked, Said
from dataset_platform.evaluation.statistics import Observed
from dataset_platform.evaluation.vocabulary import Direction, Model
from dataset_platform.quality import appropriateness, reply_quality
from dataset_platform.quality.accuracy import packaged
from dataset_platform.quality.beside_gates import LEXICAL, of_card
from dataset_platform.quality.coherence import Coherence, packaged_head
from dataset_platform.quality.statistics import Floats
from dataset_platform.quality.traits import TRAITS, Heads
from dataset_platform.schemas import Role
from dataset_platform.training.rows import Conversation

SUITE = "heldout"
EMPATHY = ("emotional_reactions", "interpretations", "explorations")
GATING = ("coherence", "appropriateness")
TITLES = {
    "coherence": "Coherence: answers its context",
    "appropriateness": "Appropriateness: MI-consistent behaviour",
    **{trait.name: trait.title for trait in TRAITS},
}


def reply_places(conversation: Conversation) -> list[int]:
    """Turns of the assistant that follow a user's."""
    roles = [message["role"] for message in conversation.messages]
    return [
        place
        for place in range(1, len(roles))
        if (roles[place - 1], roles[place]) == (Role.USER.value, Role.ASSISTANT.value)
    ]


def last_place(conversation: Conversation, n_tokens: Callable[[int], int], most: int) -> int | None:
    """The last turn of `reply_places` whose prompt has at most so many tokens; None for none."""
    places = reply_places(conversation)
    fitting = bisect_right(places, most, key=n_tokens)
    return places[fitting - 1] if fitting else None


def question(conversation: Conversation, place: int) -> Asked:
    """The conversation up to its turn `place`, for a model to reply instead."""
    before = conversation.messages[: place - 1]
    item = f"{conversation.conversation_id}/{place}"
    return Asked(
        SUITE, item, conversation.stage, tuple(before), (conversation.messages[place - 1]["content"],)
    )


def observed(
    findings: Mapping[Model, Mapping[str, Floats]], reference: Mapping[str, Floats], heads: Heads
) -> list[Observed]:
    """The validators' scores of the replies, and how often a reply scores above the reference."""
    up = Direction.HIGHER_IS_BETTER
    metrics = [
        Observed.mean(
            name, title, "replies", up, {m: found[name] for m, found in findings.items()},
            accuracy=_told(name, heads), proxy=True, gates=name in GATING,
        )
        for name, title in TITLES.items()
    ]  # fmt: skip
    wins = {m: _wins(overall(found), overall(reference)) for m, found in findings.items()}
    win = "Replies that score above the real one (ties half)"
    told = accuracy_of(("coherence", "appropriateness", *EMPATHY), heads)
    means = {m: overall(found) for m, found in findings.items()}
    return [
        *metrics,
        Observed.mean(
            "overall",
            "Overall: mean of coherence, appropriateness and empathy",
            "replies",
            up,
            means,
            accuracy=(*told, "of the mean: not measured"),
            proxy=True,
            gates=False,
        ),
        Observed.mean(
            "win_rate", win, "replies", up, wins, accuracy=(*told, "of wins: not measured"), proxy=True
        ),
    ]


def accuracy_of(names: Sequence[str], heads: Heads) -> tuple[str, ...]:
    """What is known of these validators, a line each."""
    return tuple(f"{name}: {told}" for name in names for told in _told(name, heads))


def overall(found: Mapping[str, Floats]) -> Floats:
    """One score a reply: the mean of coherence, appropriateness (0.5 where nothing shows) and the strongest
    mechanism of empathy."""
    empathy = np.max([np.nan_to_num(found[name]) for name in EMPATHY], axis=0)
    parts = [np.nan_to_num(found["coherence"]), np.nan_to_num(found["appropriateness"], nan=0.5), empathy]
    return np.asarray(np.mean(parts, axis=0), np.float64)


def references(conversations: Mapping[str, Conversation], said: Said) -> list[str]:
    """What was really replied in the same places."""
    told = []
    for asked in said.asked:
        conversation_id, _, place = asked.item.rpartition("/")
        told.append(conversations[conversation_id].messages[int(place)]["content"])
    return told


def _wins(ours: Floats, theirs: Floats) -> Floats:
    return np.where(np.abs(ours - theirs) < 1e-9, 0.5, (ours > theirs).astype(np.float64))


def _told(name: str, heads: Heads) -> tuple[str, ...]:
    """How well the validator agreed with labels, as the QA report quotes it."""
    if name in heads:
        return (str(of_card(reply_quality.CARD, heads[name].card)),)
    if name == "coherence":
        card = Coherence(packaged_head()).card
        return tuple(map(str, packaged().headline(card.name, card.version)))
    if name == "appropriateness":
        return tuple(map(str, packaged().headline(appropriateness.CARD.name, appropriateness.CARD.version)))
    entries = packaged().of(reply_quality.CARD.name, reply_quality.CARD.version)
    return tuple(str(entry) for entry in entries if entry.target == f"{name}, {LEXICAL}")
