"""Toxicity: which conversations curation found to attack a group of people."""

from dataclasses import dataclass

import numpy as np

from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.validator import Card, Findings

CARD = Card(
    name="toxicity",
    version="1",
    measures="turns that attack a group of people; insults of the client are found by a rule beside it",
    scale="probability, lower is better",
    licence="features are ours; weights fitted on HateCheck (CC BY 4.0)",
    cost="under 0.1 s per 1,000 conversations of 7 short turns",
)


def threshold() -> float:
    """The probability from which on a turn is called toxic."""
    # Imported here: curate pulls in its language models.
    from dataset_platform.curate.safety.toxicity import packaged_head

    return packaged_head().threshold


@dataclass(frozen=True)
class Toxicity:
    """The probability that the worst turn of a conversation attacks a group, as curation measured it."""

    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """`toxicity`: a probability; `toxic`: 0 or 1."""
        probability = chunk.rows["toxicity"].to_numpy().astype(np.float64)
        return {"toxicity": probability, "toxic": (probability >= threshold()).astype(np.float64)}
