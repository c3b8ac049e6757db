"""Figures that cannot be separated from how far they can be trusted.

An `Accuracy` says how well a validator agreed with labelled data. A `Measurement`
is one figure of a release: it holds a value together with the accuracy behind it, or
no value together with the reason. Nothing between the two can be built.
"""

import math
from typing import Self

from pydantic import Field, model_validator

from dataset_platform.heads import Frozen

Interval = tuple[float, float]


class Accuracy(Frozen):
    """Agreement of a validator with labelled data."""

    validator: str
    validator_version: str
    metric: str = Field(description="What was computed: AUC, recall, false-positive rate, …")
    target: str = Field(description="What the labels say, in plain words.")
    value: float
    interval: Interval = Field(description="95 %.")
    n: int = Field(ge=1, description="Labelled cases behind the value.")
    dataset: str
    dataset_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    split: str = Field(description="How cases were kept apart from those the validator was fitted on.")
    headline: bool = Field(False, description="Printed beside the gate.")

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.metric} {self.value:.3f} [{low:.3f}, {high:.3f}], n = {self.n:,}, {self.dataset}"


class Measurement(Frozen):
    """One figure with its accuracy, or no figure with the reason."""

    value: float | None = None
    interval: Interval | None = Field(None, description="95 %.")
    n: int = Field(0, ge=0, description="What was counted to get the value.")
    unit: str = Field("", description="What n counts.")
    accuracy: tuple[Accuracy, ...] = ()
    reason: str | None = Field(None, description="Why there is no value.")

    @model_validator(mode="after")
    def value_with_accuracy_or_reason(self) -> Self:
        if self.value is None:
            if not self.reason:
                raise ValueError("a missing figure needs its reason")
        elif not self.accuracy or self.interval is None or self.reason:
            raise ValueError("a figure needs its accuracy and its interval, and no reason for being missing")
        return self

    @classmethod
    def missing(cls, reason: str, accuracy: tuple[Accuracy, ...] = ()) -> Self:
        return cls(value=None, interval=None, n=0, unit="", accuracy=accuracy, reason=reason)

    @classmethod
    def of(cls, value: float, interval: Interval, n: int, unit: str, accuracy: tuple[Accuracy, ...]) -> Self:
        """The figure, or its absence where the value is not a number or no accuracy is known."""
        if math.isnan(value):
            return cls.missing(f"no {unit} to judge", accuracy)
        if not accuracy:
            return cls.missing(
                "the validator's accuracy has not been measured: run `dataset-platform qa calibrate`"
            )
        return cls(value=value, interval=interval, n=n, unit=unit, accuracy=accuracy, reason=None)
