"""What one model does with the held-out conversations: losses, replies, speed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers.generation.streamers import BaseStreamer

from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.report import Speed
from dataset_platform.evaluation.statistics import percentiles
from dataset_platform.training.encode import Example
from dataset_platform.training.packing import attention_per_conversation, fill, flat_row, token_losses


@dataclass(frozen=True)
class Prompt:
    """Where a reply is asked for: the tokens up to the assistant's turn number `turn` (from 0)."""

    conversation_id: str
    stage: str
    turn: int
    ids: list[int]


@dataclass(frozen=True)
class Measured:
    """`nll` in nats by conversation id; `replies` in the order of the prompts."""

    nll: dict[str, float]
    replies: list[str]
    speed: Speed


def measure(
    load: Callable[[], tuple[Any, Any]],
    examples: Sequence[Example],
    prompts: Sequence[Prompt],
    config: EvaluationConfig,
) -> Measured:
    """Loads a model, scores it and lets it reply; the model is freed on return."""
    started = time.perf_counter()
    model, tokenizer = load()
    load_s = time.perf_counter() - started
    model.eval()
    with torch.inference_mode():
        nll = score(model, examples, config.tokens_per_forward)
        generations = [_generate(model, tokenizer, prompt, config) for prompt in prompts]
    return Measured(
        nll,
        [tokenizer.decode(ids, skip_special_tokens=True).strip() for ids, _ in generations],
        _speed(load_s, [clock for _, clock in generations]),
    )


def score(model: Any, examples: Sequence[Example], tokens_per_forward: int) -> dict[str, float]:
    """Sum of the losses (nats) of each conversation's assistant tokens, by conversation id.

    Rows are packed from conversations of like length, which cannot change a loss: each
    is attended to alone.
    """
    ordered = sorted(examples, key=lambda example: (len(example), example.conversation_id))
    nll: dict[str, float] = {}
    with attention_per_conversation(model):
        for group in fill([len(example) for example in ordered], tokens_per_forward):
            row = flat_row([ordered[i] for i in group])
            sums = torch.zeros(len(row.lengths), dtype=torch.float64)
            sums.index_add_(0, row.owners, token_losses(model, row).double())
            nll.update(zip(row.conversation_ids, sums.tolist(), strict=True))
    return nll


class Stopwatch(BaseStreamer):
    """Notes when each token comes; transformers hands it the prompt first."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def put(self, value: torch.Tensor) -> None:
        del value
        self.times.append(time.perf_counter())

    def end(self) -> None:
        """Nothing is held back."""


def _generate(
    model: Any, tokenizer: Any, prompt: Prompt, config: EvaluationConfig
) -> tuple[list[int], list[float]]:
    """Token ids of the greedy reply, and the seconds that each took."""
    ids = torch.tensor([prompt.ids])
    watch = Stopwatch()
    output = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=config.max_new_tokens,
        pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id,
        streamer=watch,
    )
    took = [later - earlier for earlier, later in zip(watch.times, watch.times[1:], strict=False)]
    return output[0, len(prompt.ids) :].tolist(), took


def _speed(load_s: float, clocks: Sequence[Sequence[float]]) -> Speed:
    first = [clock[0] for clock in clocks if clock]
    following = [seconds for clock in clocks for seconds in clock[1:]]
    generating = sum(first) + sum(following)
    return Speed(
        load_s=round(load_s, 2),
        first_token_ms=percentiles(first),
        next_token_ms=percentiles(following),
        tokens_per_s=round((len(first) + len(following)) / generating, 1) if generating else None,
    )
