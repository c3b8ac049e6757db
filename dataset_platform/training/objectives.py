"""What a run minimises: the likelihood of replies, or the preference for one reply over another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch.nn import functional

from dataset_platform.training.config import Objective, TrainingConfig
from dataset_platform.training.encode import Encoded, Example
from dataset_platform.training.packing import FlatRow, flat_row, token_losses


@dataclass(frozen=True)
class Pair:
    """One conversation with two endings, ready to be trained on."""

    conversation_id: str
    stage: str
    chosen: Encoded
    rejected: Encoded

    def __len__(self) -> int:
        return len(self.chosen.ids) + len(self.rejected.ids)

    @property
    def n_trained(self) -> int:
        return self.chosen.n_trained + self.rejected.n_trained

    @property
    def pairs(self) -> int:
        """Pairs of tokens, what attention costs."""
        return len(self.chosen.ids) ** 2 + len(self.rejected.ids) ** 2


Item = Example | Pair


class Loss(Protocol):
    """Sums, not means, so that a step spread over several rows is the same step.

    `is_of_one_model` says that it takes the model as it is, so that threads may compute it side by side.
    """

    is_of_one_model: bool

    def row(self, items: Sequence[Any]) -> FlatRow:
        """The items end to end."""
        ...

    def count(self, row: FlatRow) -> int:
        """How many losses `total` sums up."""
        ...

    def total(self, model: Any, row: FlatRow) -> torch.Tensor:
        """Sum of the row's losses in nats, fp32; needs `attention_per_conversation` around it."""
        ...


class ReplyLikelihood:
    """Negative log-likelihood of each trained token."""

    is_of_one_model = True

    def row(self, items: Sequence[Example]) -> FlatRow:
        return flat_row(items)

    def count(self, row: FlatRow) -> int:
        return len(row.targets)

    def total(self, model: Any, row: FlatRow) -> torch.Tensor:
        return token_losses(model, row).sum()


class Preference:
    """Direct preference optimisation (Rafailov et al. 2023), a loss for each pair.

    The reference is the base model: the same weights with the adapters switched off, so that no second
    model lies in memory. Turns that both endings share cancel out of the difference.
    """

    is_of_one_model = False

    def __init__(self, beta: float) -> None:
        self._beta = beta

    def row(self, items: Sequence[Pair]) -> FlatRow:
        return flat_row([ending for pair in items for ending in _endings(pair)])

    def count(self, row: FlatRow) -> int:
        return len(row.lengths) // 2

    def total(self, model: Any, row: FlatRow) -> torch.Tensor:
        with torch.no_grad(), model.disable_adapter():
            reference = self._margins(model, row)
        return -functional.logsigmoid(self._beta * (self._margins(model, row) - reference)).sum()

    def _margins(self, model: Any, row: FlatRow) -> torch.Tensor:
        """Log-likelihood of each chosen ending less that of the rejected one, (pairs,)."""
        losses = token_losses(model, row)
        likelihoods = torch.zeros(len(row.lengths), device=losses.device).index_add(0, row.owners, -losses)
        chosen, rejected = likelihoods.view(-1, 2).unbind(1)
        return chosen - rejected


def loss_of(config: TrainingConfig) -> Loss:
    if config.objective is Objective.DPO:
        return Preference(config.dpo_beta)
    assert config.objective is Objective.SFT
    return ReplyLikelihood()


def _endings(pair: Pair) -> Iterable[Example]:
    for encoded in (pair.chosen, pair.rejected):
        yield Example(pair.conversation_id, pair.stage, encoded)
