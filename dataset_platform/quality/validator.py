"""What every validator offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dataset_platform.quality.chunks import Chunk

Findings = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Card:
    """A validator as the report introduces it. A changed meaning raises the version."""

    name: str
    version: str
    measures: str
    scale: str
    licence: str
    cost: str


class Validator(Protocol):
    """Judges conversations; sees neither the rest of the release nor the thresholds."""

    @property
    def card(self) -> Card: ...

    def judge(self, chunk: Chunk) -> Findings:
        """Named columns with one row a conversation; NaN where there is nothing to judge."""
        ...
