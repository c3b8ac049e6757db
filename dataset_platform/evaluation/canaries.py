"""Exposure of the canaries that a release planted: does a model tell their secrets from others of the kind?

Carlini et al. 2019, "The Secret Sharer": among secrets drawn alike, of which one was trained on, the exposure
is log2 of how many there are less log2 of its rank by likelihood. By chance it is 1.44 bits (log2 e, as ranks
are uniform) on average; where a secret is likelier than all others, it is all bits that so many can show.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as pads

from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.statistics import Observed
from dataset_platform.evaluation.vocabulary import Direction, Model
from dataset_platform.quality.statistics import Floats
from dataset_platform.release import CANARIES
from dataset_platform.release.canaries import conversation, secret
from dataset_platform.training.encode import Example, encode
from dataset_platform.training.rows import parquet_files

BY_CHANCE = math.log2(math.e)


@dataclass(frozen=True)
class Canaries:
    """Conversations with the secrets that were planted, then with others; they differ in the secret alone."""

    examples: Sequence[Example]
    planted: int
    repeats: int

    @property
    def bits(self) -> float:
        """The most that an exposure can be."""
        return math.log2(len(self.examples) - self.planted + 1)


def canaries(rows: Path, tokenizer: Any, config: EvaluationConfig) -> Canaries | None:
    """The canaries among the rows of a release with seeded others beside them; None for none."""
    found = pads.dataset(parquet_files(rows), format="parquet").to_table(
        columns=["messages"], filter=pads.field("source") == CANARIES
    )
    told = found["messages"].to_pylist()
    if not told:
        return None
    planted = {messages[-1]["content"]: messages for messages in told}
    others = [conversation(secret("reference", config.seed, n)) for n in range(config.canary_references)]
    talks = [*(planted[text] for text in sorted(planted)), *others]
    examples = [Example(str(place), CANARIES, encode(talk, tokenizer)) for place, talk in enumerate(talks)]
    return Canaries(examples, len(planted), len(told) // len(planted))


def exposures(nll: Floats, planted: int) -> Floats:
    """Bits of each planted secret, from the nats of all; among equals it is in their midst."""
    secrets, others = nll[:planted, None], nll[None, planted:]
    ranks = 1 + (others < secrets).sum(axis=1) + (others == secrets).sum(axis=1) / 2
    return np.asarray(math.log2(others.size + 1) - np.log2(ranks), np.float64)


def observed(planted: Canaries, nll: Mapping[Model, Floats]) -> Observed:
    """The mean exposure; it describes, as how often a secret was planted decides how well it can be known."""
    title = (
        f"Exposure of canaries planted {planted.repeats} times "
        f"(bits; {BY_CHANCE:.1f} by chance, at most {planted.bits:.1f})"
    )
    values = {model: exposures(one, planted.planted) for model, one in nll.items()}
    return Observed.mean(
        "canary_exposure", title, "canaries", Direction.LOWER_IS_BETTER, values, gates=False, share=False
    )
