"""How well a model foresees what assistants said: loss, perplexity, bits per byte, calibration."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from dataset_platform.evaluation.report import CalibrationBin
from dataset_platform.evaluation.statistics import Figure, Observed, exponential_of_ratio
from dataset_platform.evaluation.vocabulary import Direction, Model
from dataset_platform.quality.statistics import Floats
from dataset_platform.schemas import Role
from dataset_platform.training.encode import Example
from dataset_platform.training.packing import FlatRow, attention_per_conversation, fill, flat_row
from dataset_platform.training.rows import Conversation

BINS = 10


@dataclass(frozen=True)
class HeldOut:
    """A scored conversation: its encoded form, its source, and the UTF-8 bytes of what its assistant says."""

    example: Example
    source: str
    n_bytes: int


@dataclass(frozen=True)
class Foreseen:
    """Sums of each conversation's assistant tokens, in order: nats, and by bin of the likeliest token's
    probability the tokens, their probabilities and how many were right; (n,), (n, 3 · BINS)."""

    nll: Floats
    bins: Floats


def assistant_bytes(conversation: Conversation, turns_cut: int) -> int:
    """UTF-8 bytes of the assistant's turns that are left when so many were cut from the front."""
    n_system = int(conversation.messages[0]["role"] == Role.SYSTEM)
    left = conversation.messages[n_system + turns_cut :]
    return sum(len(m["content"].strip().encode()) for m in left if m["role"] == Role.ASSISTANT)


@torch.inference_mode()
def foresee(model: Any, examples: Sequence[Example], tokens_per_forward: int) -> Foreseen:
    """How the model foresees each conversation's assistant tokens.

    Rows are packed from conversations of like length, which cannot change a loss: each is attended to alone.
    """
    order = sorted(range(len(examples)), key=lambda place: (len(examples[place]), place))
    nll, bins = np.zeros(len(examples)), np.zeros((len(examples), 3 * BINS))
    with attention_per_conversation(model):
        for group in fill([len(examples[place]) for place in order], tokens_per_forward):
            places = [order[i] for i in group]
            row = flat_row([examples[place] for place in places]).to(model.device)
            losses, confidence, right = _tokens(model, row)
            owners = np.array(places)[row.owners.cpu().numpy()]
            np.add.at(nll, owners, losses)
            at = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
            for offset, values in enumerate((np.ones_like(confidence), confidence, right)):
                np.add.at(bins, (owners, offset * BINS + at), values)
    return Foreseen(nll, bins)


def observed(held_out: Sequence[HeldOut], foreseen: Mapping[Model, Foreseen]) -> list[Observed]:
    """Loss, perplexity, bits per byte and expected calibration error over the same conversations."""
    tokens, n_bytes = (
        _column(one.example.encoded.n_trained for one in held_out),
        _column(one.n_bytes for one in held_out),
    )

    def per(weights: Floats, scale: float = 1.0) -> dict[Model, Floats]:
        return {model: np.column_stack([f.nll * scale, weights]) for model, f in foreseen.items()}

    def lower(name: str, title: str, sums: Mapping[Model, Floats], gates: bool, **figure: Figure) -> Observed:
        return Observed(name, title, "conversations", Direction.LOWER_IS_BETTER, sums, gates=gates, **figure)  # type: ignore[arg-type]

    return [
        lower("loss", "Held-out loss (nats a token)", per(tokens), True),
        lower("perplexity", "Perplexity", per(tokens), False, figure=exponential_of_ratio),
        lower("bits_per_byte", "Bits per byte", per(n_bytes, 1 / math.log(2)), False),
        lower(
            "calibration_error", "Expected calibration error of tokens",
            {m: f.bins for m, f in foreseen.items()}, True, figure=calibration_error,
        ),
    ]  # fmt: skip


def parts(held_out: Sequence[HeldOut], foreseen: Mapping[Model, Foreseen]) -> list[tuple[str, str, Observed]]:
    """Loss, perplexity and bits per byte of each stage and source."""
    whole = [one for one in observed(held_out, foreseen) if one.name != "calibration_error"]
    labels = {"stage": [one.example.stage for one in held_out], "source": [one.source for one in held_out]}
    return [
        (by, label, _some(one, np.array(of) == label))
        for by, of in labels.items()
        for label in sorted(set(of))
        for one in whole
    ]


def calibration_error(sums: Floats) -> Floats:
    """Gap between probability and accuracy, weighted by tokens over ten bins (Guo et al. 2017)."""
    count, confidence, right = np.split(sums, 3, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.abs(confidence - right).sum(axis=1) / count.sum(axis=1), np.float64)


def calibration_curve(foreseen: Foreseen) -> tuple[CalibrationBin, ...]:
    """The bins that hold tokens."""
    count, confidence, right = np.split(foreseen.bins.sum(axis=0), 3)
    return tuple(
        CalibrationBin(confidence=float(c / n), accuracy=float(r / n), tokens=int(n))
        for n, c, r in zip(count, confidence, right, strict=True)
        if n
    )


def _tokens(model: Any, row: FlatRow) -> tuple[Floats, Floats, Floats]:
    """Of each assistant token: nats, the probability of the likeliest token, and whether that one was it."""
    logits = model(
        input_ids=row.ids, position_ids=row.positions, use_cache=False, logits_to_keep=row.predictors,
        **row.apart,
    ).logits[0].float()  # fmt: skip
    losses = functional.cross_entropy(logits, row.targets, reduction="none")
    highest, likeliest = logits.max(dim=-1)
    confidence = (highest - logits.logsumexp(dim=-1)).exp()
    right = likeliest == row.targets
    return tuple(np.asarray(values.double().cpu()) for values in (losses, confidence, right))  # type: ignore[return-value]


def _some(observed: Observed, chosen: np.ndarray) -> Observed:
    sums = {model: values[chosen] for model, values in observed.sums.items()}
    return Observed(observed.name, observed.title, observed.unit, observed.direction, sums, observed.figure)


def _column(values: Any) -> Floats:
    return np.fromiter(values, np.float64)
