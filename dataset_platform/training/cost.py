"""What a token costs: floating-point operations, and bytes of memory.

Operations follow Kaplan et al. (2020): 2 a weight forward and 4 backward, of which frozen weights save the
half that would give their own gradients. Attention over a conversation is left out: below 1 % of the work at
a few hundred tokens.
"""

from typing import Any

from dataset_platform.training.config import Objective, TrainingConfig


def flops_per_token(model: Any, config: TrainingConfig) -> float:
    """Operations of one trained token of this model; what checkpointing computes twice is counted once."""
    trained = frozen = 0
    embedding = model.get_input_embeddings().weight
    for weight in model.parameters():
        if weight is embedding and not _is_tied(model):
            continue  # looked up, not multiplied
        if weight.requires_grad:
            trained += weight.numel()
        else:
            frozen += weight.numel()
    reference = 2 * (trained + frozen) if config.objective is Objective.DPO else 0
    return float(6 * trained + 4 * frozen + reference)


def _is_tied(model: Any) -> bool:
    head = model.get_output_embeddings()
    return head is not None and head.weight is model.get_input_embeddings().weight
