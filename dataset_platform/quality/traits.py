"""What heads look for in replies: empathy in EPITOME's mechanisms, and two counselling behaviours.

Each trait has a lexical head, whose weights were set by hand and are all here, and may have a trained one.
EPITOME's mechanisms: Sharma et al. 2020, "A Computational Approach to Understanding Empathy Expressed in
Text-Based Mental Health Support".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset_platform.heads import Block, Floats, Head, logistic
from dataset_platform.quality import reply_signs, text_blocks

Heads = Mapping[str, Head]


@dataclass(frozen=True)
class Trait:
    """A quality of a reply: the weights of the signs for it, and the AUC that its heads should reach."""

    name: str
    title: str
    dataset: str
    intercept: float
    weights: Mapping[str, float]
    target: float | None = None

    def lexical(self, counts: Floats) -> Floats:
        """Probability by the lexical head, from how often each text shows each sign."""
        weights = np.array([self.weights.get(name, 0.0) for name in reply_signs.SIGNS])
        return logistic(self.intercept + np.minimum(counts, 2) @ weights)


TRAITS = (
    Trait(
        "emotional_reactions",
        "Emotional reactions",
        "epitome",
        -3.0,
        {
            "sorry": 1.2, "sorry for you": 1.0, "hope": 1.4, "affection": 1.2, "good wishes": 1.5,
            "feels for you": 1.4, "here for you": 1.8, "praise": 0.8, "names the pain": 0.4, "that is": 0.3,
            "exclaims": 0.8, "you": 0.9, "you are": 0.6, "understands": 0.5, "supposes": 0.6,
            "invites to talk": 1.0, "the post": 0.3, "own story": -0.4, "ends in a question": -0.6,
            "links": -0.5,
        },
        0.90,
    ),
    Trait(
        "interpretations",
        "Interpretations",
        "epitome",
        -1.8,
        {
            "understands": 1.6, "the same": 1.4, "tells of oneself": 0.7, "my": 0.5, "own story": 0.8,
            "i": 0.4, "supposes": 0.5, "always": 0.2, "question": -0.3, "sorry for you": -0.2, "links": -0.4,
        },
        0.93,
    ),
    Trait(
        "explorations",
        "Explorations",
        "epitome",
        -3.6,
        {
            "question": 1.5, "ends in a question": 1.5, "question about you": 1.0, "open question": 0.7,
            "you in a question": 0.8, "invites to talk": 1.2, "asks what is wrong": 1.2, "links": -0.5,
        },
        0.96,
    ),
    Trait(
        "reflection",
        "Reflections",
        "annomi",
        -1.8,
        {
            "supposes": 1.6, "begins a summary": 1.1, "you are": 0.7, "you": 0.7, "the same": 0.4,
            "question about you": -0.6, "question": -0.4, "begins openly": -1.5, "open question": -0.4,
            "thanks": -0.5,
        },
    ),
    Trait(
        "open_question",
        "Open questions",
        "annomi",
        -2.6,
        {
            "open question": 2.2, "begins openly": 1.5, "question": 0.8, "ends in a question": 0.8,
            "asks what is wrong": 0.8, "begins closed": -1.2, "question about you": -0.3,
        },
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Replies:
    """Distinct replies with all that heads read of them, each read when it is first asked for."""

    texts: pa.Array
    vectors: NDArray[np.float32]

    @cached_property
    def counts(self) -> Floats:
        return reply_signs.counted(self.texts)

    @cached_property
    def sentences(self) -> text_blocks.Sentences:
        return text_blocks.Sentences.of(self.texts)

    @cached_property
    def blocks(self) -> Mapping[Block, Any]:
        return {
            Block.FEATURES: reply_signs.features(self.texts),
            Block.VECTOR: self.vectors.astype(np.float64),
            Block.WORDS: text_blocks.words(self.texts),
            Block.SENTENCES: text_blocks.words(self.sentences.text),
        }

    def probability(self, trait: Trait, heads: Heads) -> Floats:
        """How likely each reply shows the trait, by the trained head where there is one."""
        head = heads.get(trait.name)
        return self.by(head) if head else trait.lexical(self.counts)

    def by(self, head: Head) -> Floats:
        logits = {part.block: part.logit(self.blocks[part.block]) for part in head.parts}
        if Block.SENTENCES in logits:
            best = text_blocks.highest(logits[Block.SENTENCES], self.sentences.owner, len(self.texts))
            logits[Block.SENTENCES] = best
        return head.combined(logits)
