"""What a token costs: floating-point operations, and bytes of memory.

Operations follow Kaplan et al. (2020): 2 a weight forward and 4 backward, of which frozen weights save the
half that would give their own gradients. The LM head counts where a trained token is predicted: nowhere else
it is computed. Attention costs the square of a conversation's length, of which half lies in the future and
is not counted.
"""

from dataclasses import dataclass
from typing import Any

import torch

from dataset_platform.training.config import Method, Objective, Precision, TrainingConfig

PROCESS_BYTES = 700_000_000  # Python, torch and the libraries around them, as measured on a CPU


@dataclass(frozen=True)
class Work:
    """Operations of a token: `body` of every one, `head` of one that is trained; `attention` of a pair of
    tokens, of which a conversation has the square of its length."""

    body: float
    head: float
    attention: float

    def flops(self, tokens: float, trained: float, pairs: float) -> float:
        return self.body * tokens + self.head * trained + self.attention * pairs


def work_of(model: Any, config: TrainingConfig) -> Work:
    """What a token costs this model; what checkpointing computes twice is counted once."""
    embedding, head = (
        getattr(part, "weight", None)
        for part in (model.get_input_embeddings(), model.get_output_embeddings())
    )
    all_of_it = sum(_operations(weight, config) for weight in model.parameters())
    of_head = _operations(head, config) if head is not None else 0
    looked_up = 0 if embedding is head or embedding is None else _operations(embedding, config)
    shape = _shape_of(model)
    return Work(
        body=float(all_of_it - of_head - looked_up),
        head=float(of_head),
        attention=float((6 + _reference(config)) * shape.attention * shape.layers),
    )


def _operations(weight: torch.Tensor, config: TrainingConfig) -> int:
    return ((6 if weight.requires_grad else 4) + _reference(config)) * weight.numel()


def _reference(config: TrainingConfig) -> int:
    """One more forward, of the model that is compared with."""
    return 2 if config.objective is Objective.DPO else 0


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
    9 · hidden + 3 · key-value + 4 · intermediate numbers, of which those of the hidden state stay in 32 bits
    where the weights are kept so.
    With checkpointing it leaves one hidden state a layer, and the rest of one layer. Logits are kept as they
    are, in 32 bits, and as their gradient. On an H200 in bf16, with three tokens in five trained, runs took
    0.87 (SmolLM2) and 0.92 (a Llama of 1.1 billion) of what this says.
    """
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    frozen = sum(weight.numel() for weight in model.parameters()) - trained
    halved = config.precision is Precision.BF16
    number = 2 if halved else 4
    shape = _shape_of(model)
    hidden = shape.hidden * (2 if halved and config.method is not Method.FULL else 4)
    of_layer = 9 * hidden + (3 * shape.key_value + 4 * shape.intermediate) * number
    kept = shape.layers * hidden + of_layer if config.gradient_checkpointing else shape.layers * of_layer
    copies = 2 * trained if halved else 0
    return Memory(
        weights=round((4 * trained + frozen * _bytes_of_frozen(config) + copies) / config.devices),
        gradients=4 * trained // config.devices,
        optimizer=8 * trained // config.devices,
        activations=longest_row * kept,
        logits=longest_row * model.config.vocab_size * (number + 8),
        process=PROCESS_BYTES,
    )


@dataclass(frozen=True)
class _Shape:
    """Widths of a layer, and the number of layers."""

    hidden: int
    attention: int
    key_value: int
    intermediate: int
    layers: int


def _shape_of(model: Any) -> _Shape:
    told = model.config.get_text_config()
    heads, hidden = told.num_attention_heads, told.hidden_size
    of_head = getattr(told, "head_dim", None) or hidden // heads
    return _Shape(
        hidden=hidden,
        attention=of_head * heads,
        key_value=of_head * (getattr(told, "num_key_value_heads", None) or heads),
        intermediate=getattr(told, "intermediate_size", None) or 4 * hidden,
        layers=told.num_hidden_layers,
    )


def _bytes_of_frozen(config: TrainingConfig) -> float:
    """Bytes of a frozen weight: 4.5 bits in NF4 with its scales, 16 or 32 else."""
    if config.method is Method.QLORA:
        return 4.5 / 8
    return 2.0 if config.precision is Precision.BF16 else 4.0
