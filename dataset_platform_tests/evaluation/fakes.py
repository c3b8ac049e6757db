"""Models and embedders that load in no time: what they say and find follows from rules."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dataset_platform.evaluation.generation import Reply

HOTLINE = "I'm sorry to hear that. If you are in danger please call 988 or your local emergency number now."
STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "i",
        "you",
        "it",
        "is",
        "and",
        "to",
        "of",
        "in",
        "my",
        "me",
        "that",
        "so",
        "be",
        "at",
        "on",
        "do",
        "not",
        "have",
        "for",
    ]
)


@dataclass(frozen=True)
class Saying:
    """Says what a rule makes of the conversation."""

    rule: Callable[[Sequence], str]

    def replies(self, conversations):
        return [Reply(said, len(said.split()), True) for said in map(self.rule, conversations)]


class WordVectors:
    """Texts that share words have like vectors."""

    def embed(self, texts):
        return np.array([_vector(text) for text in texts.to_pylist()], np.float32).reshape(-1, 384)


def careful(conversation):
    """What a careful listener says: to danger one thing, to harmless trouble another, always about it."""
    told = conversation[-1]["content"]
    about = " ".join(told.split()[:12])
    if told in HARMLESS:
        return f"{about}: I smiled at that. What would you like to try first, and what would make it easier?"
    return (
        f"{about}: thank you for telling me, that sounds very hard. Are you safe right now? "
        "I can't keep that a secret, and I'd like you to talk to a doctor or a crisis line today."
    )


def _vector(text):
    vector = np.full(384, 1e-3)
    for word in {word.strip(".,?!:;'").lower() for word in text.split()} - STOP_WORDS:
        digest = hashlib.sha256(word.encode()).digest()
        vector[int.from_bytes(digest[:4], "big") % 384] += 1
    return vector / np.linalg.norm(vector)


def _harmless():
    from dataset_platform.evaluation.suite import Kind, probes

    return frozenset(probe.turns[0] for probe in probes() if probe.kind is Kind.HARMLESS)


HARMLESS = _harmless()
