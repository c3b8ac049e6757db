"""Real and shuffled next turns, on which the coherence head is fitted and measured."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset_platform.quality.chunks import Turns
from dataset_platform.quality.coherence import CONTEXT_TURNS, features
from dataset_platform.quality.embedding import Embedder
from dataset_platform.quality.labelled import Dialogue, Message
from dataset_platform.quality.statistics import Floats

Shuffle = Literal["same topic", "same dialogue"]


@dataclass(frozen=True)
class Pairs:
    """Cases in twos, real then shuffled; `dialogue` numbers the dialogue of the context."""

    features: Floats
    is_real: NDArray[np.bool_]
    dialogue: NDArray[np.int64]


def build(dialogues: list[Dialogue], shuffle: Shuffle, embedder: Embedder, seed: int) -> Pairs:
    """Every therapist reply with its context, and the context with a reply from elsewhere.

    `same topic` takes the reply from another dialogue on the topic, `same dialogue` from
    another place in it, at least three turns away. Replies without such another are left out.
    """
    cases = list(_cases(dialogues, shuffle, random.Random(seed)))
    conversation = np.repeat(np.arange(len(cases)), [len(case) for _, case in cases])
    messages = [message for _, case in cases for message in case]
    turns = Turns(
        conversation,
        np.array([role for role, _ in messages], object),
        pa.array([text for _, text in messages], pa.large_string()),
    )
    ends = np.cumsum([len(case) for _, case in cases]) - 1
    return Pairs(
        features(turns, embedder.embed(turns.text), ends),
        np.arange(len(cases)) % 2 == 0,
        np.array([dialogue for dialogue, _ in cases]),
    )


def _cases(
    dialogues: list[Dialogue], shuffle: Shuffle, chance: random.Random
) -> Iterator[tuple[int, list[Message]]]:
    by_topic: defaultdict[str, list[tuple[int, Message]]] = defaultdict(list)
    for number, dialogue in enumerate(dialogues):
        by_topic[dialogue.topic] += [(number, m) for m in dialogue.messages[1:] if m[0] == "assistant"]
    for number, dialogue in enumerate(dialogues):
        for place, reply in enumerate(dialogue.messages[1:], start=1):
            if reply[0] != "assistant":
                continue
            if shuffle == "same topic":
                others = [m for origin, m in by_topic[dialogue.topic] if origin != number and m != reply]
            else:
                others = [
                    m
                    for p, m in enumerate(dialogue.messages)
                    if p > 0 and abs(p - place) > 2 and m[0] == reply[0] and m != reply
                ]
            if others:
                context = list(dialogue.messages[max(0, place - CONTEXT_TURNS) : place])
                yield number, [*context, reply]
                yield number, [*context, chance.choice(others)]


def excerpts(dialogues: list[Dialogue], seed: int) -> list[Dialogue]:
    """The dialogues as a chat would say them: each turn cut to one to three of its sentences.

    The sets with a licence to fit on have long turns; a head fitted on these alone
    takes every short reply for a shuffled one.
    """
    chance = random.Random(seed)
    return [
        Dialogue(
            f"{dialogue.id} excerpt",
            dialogue.topic,
            tuple((role, _excerpt(text, chance)) for role, text in dialogue.messages),
        )
        for dialogue in dialogues
    ]


def _excerpt(text: str, chance: random.Random) -> str:
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", text) if len(s.split()) > 2] or [text]
    n = chance.choice((1, 1, 2, 3))
    start = chance.randrange(max(1, len(sentences) - n + 1))
    return " ".join(sentences[start : start + n])
