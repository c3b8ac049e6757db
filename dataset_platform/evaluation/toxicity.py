"""Replies that attack a group of people, or insult the one they speak to, by the rules of curation."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from dataset_platform.curate.safety import toxicity as attacks
from dataset_platform.evaluation.said import Said
from dataset_platform.evaluation.statistics import Observed
from dataset_platform.evaluation.vocabulary import Direction, Model
from dataset_platform.quality import toxicity
from dataset_platform.quality.accuracy import packaged
from dataset_platform.quality.statistics import Floats


def toxic(said: Said) -> Floats:
    """1 for each reply that attacks or insults."""
    texts = pa.array(said.texts(said.every), pa.large_string())
    attacking = attacks.toxicity(texts, attacks.packaged_head()) >= toxicity.threshold()
    return np.asarray(attacking | attacks.insults(texts), np.float64)


def observed(found: Mapping[Model, Floats]) -> Observed:
    """CounselBench's toxicity, of what `toxic` found."""
    known = packaged().headline(toxicity.CARD.name, toxicity.CARD.version)
    return Observed.mean(
        "toxic", "Toxicity: replies that attack a group or insult", "replies", Direction.LOWER_IS_BETTER,
        found, accuracy=(*map(str, known), "of insults: not measured"), proxy=True, gates=False,
    )  # fmt: skip
