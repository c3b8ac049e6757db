"""What a token costs: floating-point operations, and bytes of memory.

Operations follow Kaplan et al. (2020): 2 a weight forward and 4 backward, of which frozen weights save the
half that would give their own gradients. Attention over a conversation is left out: below 1 % of the work at
a few hundred tokens.
"""

from dataclasses import dataclass
from typing import Any

from dataset_platform.training.config import Method, Objective, Precision, TrainingConfig

PROCESS_BYTES = 700_000_000  # Python, torch and the libraries around them, as measured on a CPU


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


@dataclass(frozen=True)
class Memory:
    """Bytes that a run takes on one device."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    process: int

    @property
    def total(self) -> int:
        return sum(vars(self).values())


def memory_of(model: Any, config: TrainingConfig, longest_row: int) -> Memory:
    """An estimate for rows of up to `longest_row` tokens, all of them trained; the model may lie on `meta`.

    Of each layer a token leaves the inputs of norms, projections, attention and the gated MLP: about
    7 · hidden + 3 · key-value + 4 · intermediate numbers. With checkpointing it leaves one hidden state a
    layer, and the rest of one layer. Logits are kept as they are, in 32 bits, and as their gradient.
    """
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    frozen = sum(weight.numel() for weight in model.parameters()) - trained
    halved = config.precision is Precision.BF16
    number = 2 if halved else 4
    of_layer, hidden, layers = _numbers_of_layer(model)
    kept = layers * hidden + of_layer if config.gradient_checkpointing else layers * of_layer
    copies = 2 * trained if halved else 0
    return Memory(
        weights=round((4 * trained + frozen * _bytes_of_frozen(config) + copies) / config.devices),
        gradients=4 * trained // config.devices,
        optimizer=8 * trained // config.devices,
        activations=longest_row * kept * number,
        logits=longest_row * model.config.vocab_size * (number + 8),
        process=PROCESS_BYTES,
    )


def _numbers_of_layer(model: Any) -> tuple[int, int, int]:
    """Numbers that a token leaves in a layer, in a hidden state, and the layers."""
    shape = model.config.get_text_config()
    hidden, heads = shape.hidden_size, shape.num_attention_heads
    key_value = hidden // heads * (getattr(shape, "num_key_value_heads", None) or heads)
    intermediate = getattr(shape, "intermediate_size", None) or 4 * hidden
    return 7 * hidden + 3 * key_value + 4 * intermediate, hidden, shape.num_hidden_layers


def _bytes_of_frozen(config: TrainingConfig) -> float:
    """Bytes of a frozen weight: 4.5 bits in NF4 with its scales, 16 or 32 else."""
    if config.method is Method.QLORA:
        return 4.5 / 8
    return 2.0 if config.precision is Precision.BF16 else 4.0
