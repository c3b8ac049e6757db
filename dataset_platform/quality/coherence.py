"""Semantic coherence: does a reply answer its context?"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset_platform.heads import Head
from dataset_platform.quality.chunks import Chunk, Turns
from dataset_platform.quality.sentence_model import chosen
from dataset_platform.quality.statistics import Floats, mixture_share
from dataset_platform.quality.validator import Card, Findings

CONTEXT_TURNS = 8
FEATURES = (
    "cosine to the turn before",
    "largest cosine to the last 8 turns",
    "cosine to the mean of the last 8 turns",
    "log of 1 + words of the reply",
    "log of 1 + words of the context",
)
NAME = "coherence"
FILE = f"{NAME}.json"
N_BINS = 25
BIN_CENTRES: Floats = (np.arange(N_BINS) + 0.5) / N_BINS
_WORD = r"\pL{4,}"


def packaged_head() -> Head:
    """The head of the chosen sentence model; equal numbers of real and shuffled turns calibrated it."""
    return _head_in(chosen().calibrated(FILE))


@cache
def _head_in(path: Path) -> Head:
    return Head.read(path)


@dataclass(frozen=True)
class Coherence:
    """Probability that each reply is the real next turn rather than a shuffled one."""

    head: Head

    @property
    def card(self) -> Card:
        return Card(
            name="semantic_coherence",
            version=self.head.version,
            measures="whether each reply answers its context rather than that of another conversation "
            "on the same topic; in edge cases the client's reply is judged too",
            scale="0 to 1: the share of replies that answer their context, estimated by maximum likelihood "
            "from calibrated probabilities",
            licence="packaged model Apache-2.0 (all-MiniLM-L6-v2); coefficients ours, fitted on MIT data",
            cost="13 s per 1,000 conversations of 7 short turns on 2 cores; all validators share it",
        )

    def judge(self, chunk: Chunk) -> Findings:
        """`coherence`: mean probability; `coherence_00` …: replies in each bin of probability."""
        turns, replies = chunk.turns.spoken, chunk.replies
        probability = self.head.of_features(features(turns, chunk.vectors, replies))
        conversation = turns.conversation[replies]
        place = np.minimum((probability * N_BINS).astype(np.int64), N_BINS - 1)
        flat = np.bincount(conversation * N_BINS + place, minlength=len(chunk) * N_BINS)
        bins: Floats = flat.reshape(len(chunk), N_BINS).astype(np.float64)
        findings = dict(zip(BIN_NAMES, bins.T, strict=True))
        return findings | {"coherence": mean_by(conversation, probability, len(chunk))}


BIN_NAMES = tuple(f"coherence_{place:02d}" for place in range(N_BINS))


def coherent_share(bins: Floats) -> float:
    """Estimated share of replies that answer their context, from a histogram of probabilities."""
    return mixture_share(BIN_CENTRES, bins)


def mean_by(group: NDArray[np.int64], values: Floats, n_groups: int) -> Floats:
    """Mean of values in each group; NaN for an empty group."""
    total = np.bincount(group, weights=values, minlength=n_groups)
    count = np.bincount(group, minlength=n_groups).astype(np.float64)
    return np.divide(total, count, out=np.full(n_groups, np.nan), where=count > 0)


def features(turns: Turns, vectors: NDArray[np.float32], replies: NDArray[np.int64]) -> Floats:
    """The head's features of the turns at `replies`, in the order of `FEATURES`; shape (n, 5)."""
    words = pc.count_substring_regex(turns.text, _WORD).to_numpy(zero_copy_only=False).astype(np.float64)
    reply = vectors[replies]
    cosines = np.full((len(replies), CONTEXT_TURNS), -1.0)
    context_sum = np.zeros_like(reply)
    context_words = np.zeros(len(replies))
    for lag in range(1, CONTEXT_TURNS + 1):
        earlier = np.maximum(replies - lag, 0)
        inside = (replies >= lag) & (turns.conversation[earlier] == turns.conversation[replies])
        vector = np.where(inside[:, None], vectors[earlier], 0)
        cosines[inside, lag - 1] = np.einsum("nd,nd->n", vector, reply)[inside]
        context_sum += vector
        context_words += np.where(inside, words[earlier], 0)
    length = np.maximum(np.linalg.norm(context_sum, axis=1), 1e-9)
    return np.column_stack(
        [
            cosines[:, 0],
            cosines.max(axis=1),
            np.einsum("nd,nd->n", context_sum, reply) / length,
            np.log1p(words[replies]),
            np.log1p(context_words),
        ]
    )
