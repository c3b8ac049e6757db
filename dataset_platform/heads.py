"""Heads: small logistic regressions on features, sentence vectors and words, with the card of their making.

A head is one JSON file: coefficients, calibration and card, no code and no text. Words are hashed.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dataset_platform.errors import InputError

Floats = NDArray[np.float64]


def logistic(logits: Floats) -> Floats:
    """The probabilities of logits."""
    return np.asarray(1 / (1 + np.exp(-logits)))


class Frozen(BaseModel):
    """Immutable, strict about names, and without NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Block(StrEnum):
    """What a part of a head reads of a text."""

    FEATURES = "features"
    VECTOR = "vector"
    WORDS = "words"
    SENTENCES = "sentences"


class CurvePoint(Frozen):
    """Cases of like probability: the mean probability, the share of positives, and how many there are."""

    probability: float
    observed: float
    n: int


class HeadCard(Frozen):
    """What a head was fitted on, how good it is on cases it has not seen, and how far it is calibrated."""

    dataset: str
    dataset_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str = Field(description="Of the data, as its origin states it.")
    positives: str = Field(description="What the probability is of.")
    split: str = Field(description="How cases were kept apart for the figures.")
    vectors: str = Field("", description="The sentence model whose vectors it reads, if any.")
    n: int = Field(ge=1)
    n_positive: int = Field(ge=1)
    auc: float
    interval: tuple[float, float] = Field(description="95 %, bootstrap over whole groups.")
    curve: tuple[CurvePoint, ...] = Field(description="Calibration in tenths of the unseen cases.")


class Part(Frozen):
    """Coefficients over one block; what is not standardised has neither mean nor scale."""

    block: Block
    names: tuple[str, ...] = Field((), description="Of the features, where they have any.")
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    weights: tuple[float, ...]
    intercept: float

    @model_validator(mode="after")
    def equal_lengths(self) -> "Part":
        lengths = {len(values) for values in (self.names, self.mean, self.scale, self.weights) if values}
        if len(lengths) > 1:
            raise ValueError(f"the {self.block} part has lists of lengths {sorted(lengths)}")
        return self

    def logit(self, inputs: Any) -> Floats:
        """One value a row of `inputs`, a matrix of numbers, dense or sparse."""
        if self.mean:
            inputs = (inputs - np.array(self.mean)) / np.array(self.scale)
        return np.asarray(inputs @ np.array(self.weights)) + self.intercept


class Head(Frozen):
    """Parts whose logits are weighed and summed to one calibrated probability."""

    name: str
    version: str
    parts: tuple[Part, ...]
    shares: tuple[float, ...] = Field((1.0,), description="What the logit of each part counts.")
    intercept: float = 0.0
    threshold: float = Field(0.5, description="Probability from which on a case counts as found.")
    card: HeadCard

    def combined(self, logits: Mapping[Block, Floats]) -> Floats:
        """The probability of each case, from the logit of each part."""
        return logistic(self.logit(logits))

    def logit(self, logits: Mapping[Block, Floats]) -> Floats:
        """The logit of that probability."""
        weighed = (s * logits[p.block] for s, p in zip(self.shares, self.parts, strict=True))
        return np.asarray(sum(weighed) + self.intercept)

    def of_features(self, features: Floats) -> Floats:
        """The probability of each row of a head that reads nothing but features."""
        return self.combined({Block.FEATURES: self.part(Block.FEATURES).logit(features)})

    def part(self, block: Block) -> Part:
        (found,) = (part for part in self.parts if part.block is block)
        return found

    def write(self, folder: Path) -> Path:
        """Writes `<name>.json`; the same head gives the same bytes."""
        path = folder / f"{self.name}.json"
        path.write_text(self.model_dump_json(exclude_defaults=True) + "\n", encoding="utf-8")
        return path

    @classmethod
    def read(cls, path: Path) -> "Head":
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise InputError(
                f"{path}: not a head of this program ({type(error).__name__}). "
                "Fit it anew with `dataset-platform qa train-heads`, or `qa calibrate` if it is packaged."
            ) from None
