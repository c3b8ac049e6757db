"""Conversations packed into flat rows without padding, and kept apart in attention.

A row is several conversations end to end. Position ids restart with each, and
attention runs once per conversation, so a packed conversation sees itself alone
by construction. Only the positions that predict a trained token reach the LM
head, which at 49,152 words is a third of a small model's work.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, cast

import numpy as np
import torch
from torch.nn import functional
from torch.nn.attention.varlen import varlen_attn
from transformers import AttentionInterface

from dataset_platform.training.encode import Example

PER_CONVERSATION = "causal_per_conversation"
HALF = (torch.bfloat16, torch.float16)


@dataclass(frozen=True, repr=False)  # errors of others show what they were given: no tokens there
class FlatRow:
    """Conversations end to end.

    `ids` and `positions` are (1, tokens); `lengths` are the tokens of each conversation;
    `predictors` and `targets` are (trained,): where a trained token is predicted, and its id.
    `owners` gives for each target the index of its conversation in the row.
    """

    conversation_ids: tuple[str, ...]
    lengths: tuple[int, ...]
    ids: torch.Tensor
    positions: torch.Tensor
    predictors: torch.Tensor
    targets: torch.Tensor
    owners: torch.Tensor

    def __repr__(self) -> str:
        return f"FlatRow({len(self.lengths)} conversations, {self.n_tokens} tokens)"

    @property
    def n_tokens(self) -> int:
        return sum(self.lengths)

    @property
    def apart(self) -> dict[str, Any]:
        """What a forward is told to keep the conversations apart in attention.

        A tensor and a power of two, as a compiled layer is compiled anew for every other number it is given.
        """
        ends = accumulate(self.lengths)
        return {
            "conversation_bounds": torch.tensor([0, *ends], dtype=torch.int32, device=self.ids.device),
            "longest_conversation": 1 << (max(self.lengths) - 1).bit_length(),
        }

    def to(self, device: torch.device) -> "FlatRow":
        return replace(
            self,
            ids=self.ids.to(device),
            positions=self.positions.to(device),
            predictors=self.predictors.to(device),
            targets=self.targets.to(device),
            owners=self.owners.to(device),
        )


def flat_row(examples: Sequence[Example]) -> FlatRow:
    """The examples end to end, in order."""
    lengths = [len(example) for example in examples]
    starts = np.cumsum([0, *lengths[:-1]])
    predictors, owners = [], []
    for owner, (start, example) in enumerate(zip(starts, examples, strict=True)):
        trained = np.flatnonzero(example.encoded.loss_mask[1:])
        predictors.append(start + trained)
        owners.append(np.full(len(trained), owner))
    ids = torch.tensor([token for example in examples for token in example.encoded.ids])
    at = torch.from_numpy(np.concatenate(predictors))
    return FlatRow(
        conversation_ids=tuple(example.conversation_id for example in examples),
        lengths=tuple(lengths),
        ids=ids[None],
        positions=torch.cat([torch.arange(length) for length in lengths])[None],
        predictors=at,
        targets=ids[at + 1],
        owners=torch.from_numpy(np.concatenate(owners)),
    )


def fill(sizes: Sequence[int], capacity: int) -> list[list[int]]:
    """Indices of `sizes` in order, in groups of at most `capacity`; a larger one is a group alone."""
    groups: list[list[int]] = []
    room = 0
    for index, size in enumerate(sizes):
        if not groups or size > room:
            groups.append([])
            room = capacity
        groups[-1].append(index)
        room -= size
    return groups


def token_losses(model: Any, row: FlatRow) -> torch.Tensor:
    """Negative log-likelihood in nats of each trained token, (trained,), fp32.

    Needs `attention_per_conversation` around it.
    """
    logits = model(
        input_ids=row.ids,
        position_ids=row.positions,
        use_cache=False,
        logits_to_keep=row.predictors,
        **row.apart,
    ).logits[0]
    return functional.cross_entropy(logits.float(), row.targets, reduction="none")


@contextmanager
def attention_per_conversation(model: Any) -> Iterator[None]:
    """Within the block, the model attends inside each conversation of a flat row only."""
    before = model.config._attn_implementation
    model.set_attn_implementation(PER_CONVERSATION)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def _causal_per_conversation(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    conversation_bounds: torch.Tensor,
    longest_conversation: int,
    dropout: float = 0.0,
    scaling: float | None = None,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Causal attention between each two of `conversation_bounds`.

    `query`, `key` and `value` are (1, heads, tokens, dim); the result is (1, tokens, heads, dim).
    """
    del module, attention_mask
    query, key, value = _as_autocast(query), _as_autocast(key), _as_autocast(value)
    if query.is_cuda and query.dtype in HALF and not dropout:
        # One kernel for the whole row: a loop over conversations would wait for launches.
        attended = varlen_attn(
            query[0].transpose(0, 1),
            key[0].transpose(0, 1),
            value[0].transpose(0, 1),
            conversation_bounds,
            conversation_bounds,
            longest_conversation,
            longest_conversation,
            scale=scaling,
            window_size=(-1, 0),
            enable_gqa=query.shape[1] != key.shape[1],
        )
        return cast(torch.Tensor, attended)[None], None
    attended = _attended_in_turn(query, key, value, conversation_bounds, dropout, scaling)
    return attended.transpose(1, 2), None


def _as_autocast(part: torch.Tensor) -> torch.Tensor:
    """In what autocast computes products in: rotated queries and keys come in 32 bits all the same."""
    kind = part.device.type
    return part.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else part


@torch.compiler.disable  # it would be compiled anew for each number of conversations
def _attended_in_turn(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    bounds: torch.Tensor,
    dropout: float,
    scaling: float | None,
) -> torch.Tensor:
    """`split` and `cat`, not slices: the gradient of a slice is as large as the whole row."""
    lengths = bounds.diff().tolist()
    grouped = query.shape[1] != key.shape[1]
    parts = [
        functional.scaled_dot_product_attention(
            q, k, v, dropout_p=dropout, is_causal=True, scale=scaling, enable_gqa=grouped
        )
        for q, k, v in zip(
            query.split(lengths, 2), key.split(lengths, 2), value.split(lengths, 2), strict=True
        )
    ]
    return torch.cat(parts, dim=2)


# transformers builds no mask for attention functions that it has no mask builder for.
AttentionInterface.register(PER_CONVERSATION, _causal_per_conversation)
