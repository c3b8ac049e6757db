"""Replies to many prompts: batched, left-padded, sorted by length, with a key-value cache.

A reply depends on its own prompt and seed, not on which prompts stand beside it, but for the last bits of
sums over padded rows, which can turn a tie between two tokens; equal calls give equal replies.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import torch
from transformers import DynamicCache

from dataset_platform.evaluation.config import EvaluationConfig

Messages = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Reply:
    """What a model said; `whole` unless it was cut at the most tokens allowed."""

    text: str
    n_tokens: int
    whole: bool


@dataclass(frozen=True)
class Timing:
    """Seconds of one batch: until its first tokens were there, and of each further token of each reply."""

    first_s: float
    next_s: tuple[float, ...]
    n_tokens: int
    rows: int


class Generator(Protocol):
    """Answers conversations whose last turn is the user's, in their order."""

    def replies(self, conversations: Sequence[Messages]) -> list[Reply]: ...


@dataclass(frozen=True)
class TransformersGenerator:
    """Generates with a loaded model of transformers."""

    model: Any
    tokenizer: Any
    config: EvaluationConfig
    on_batch: Callable[[Timing], None] = lambda _: None

    def replies(self, conversations: Sequence[Messages]) -> list[Reply]:
        return self.replies_to([prompt_ids(self.tokenizer, messages) for messages in conversations])

    def replies_to(self, prompts: Sequence[list[int]]) -> list[Reply]:
        """The same to prompts that are tokens already."""
        return [reply for _, reply in sorted(self._replies(prompts), key=lambda placed: placed[0])]

    def _replies(self, prompts: Sequence[list[int]]) -> Iterator[tuple[int, Reply]]:
        order = sorted(range(len(prompts)), key=lambda place: (len(prompts[place]), place))
        for start in range(0, len(order), self.config.batch_size):
            places = order[start : start + self.config.batch_size]
            batch = [prompts[place] for place in places]
            for place, ids in zip(places, self.continued(batch, self.config.max_new_tokens), strict=True):
                whole = bool(ids) and ids[-1] in self._stops
                text = self.tokenizer.decode(ids, skip_special_tokens=True).strip()
                yield place, Reply(text, len(ids), whole)

    @torch.inference_mode()
    def continued(self, prompts: Sequence[list[int]], n: int, stops: bool = True) -> list[list[int]]:
        """Up to `n` tokens after each prompt, ending with the first that stops; one batch.

        Rows that have stopped leave the batch, so the rest is not slowed by them.
        """
        device = self.model.device
        ids, mask = (side.to(device) for side in _left_padded(prompts, self._pad))
        draws = [_chance(self.config.seed, prompt) for prompt in prompts]
        cache = DynamicCache(config=self.model.config)
        said: list[list[int]] = [[] for _ in prompts]
        running = list(range(len(prompts)))
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        clock = [time.perf_counter()]
        sizes: list[int] = []
        for _ in range(n):
            logits = self.model(
                input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache,
                use_cache=True, logits_to_keep=1,
            ).logits[:, -1].float()  # fmt: skip
            tokens = self._chosen(logits, [draws[row] for row in running])
            for row, token in zip(running, tokens, strict=True):
                said[row].append(token)
            clock.append(time.perf_counter())
            sizes.append(len(running))
            keep = [i for i, token in enumerate(tokens) if not (stops and token in self._stops)]
            if not keep:
                break
            if len(keep) < len(running):
                chosen = torch.tensor(keep, device=device)
                cache.batch_select_indices(chosen)
                mask, positions = mask[chosen], positions[chosen]
                running = [running[i] for i in keep]
            ids = torch.tensor([[tokens[i]] for i in keep], device=device)
            mask = torch.cat([mask, mask.new_ones(len(keep), 1)], dim=1)
            positions = positions[:, -1:] + 1
        self.on_batch(_timing(clock, sizes, len(prompts)))
        return said

    def _chosen(self, logits: torch.Tensor, draws: Sequence[torch.Generator]) -> list[int]:
        if not self.config.temperature:
            return [int(token) for token in logits.argmax(dim=-1)]
        probabilities = (logits / self.config.temperature).softmax(dim=-1).cpu()
        return [
            int(torch.multinomial(row, 1, generator=draw))
            for row, draw in zip(probabilities, draws, strict=True)
        ]

    @property
    def _stops(self) -> frozenset[int]:
        """What ends a reply: the end of a turn, and what the model's own settings name."""
        named = self.model.generation_config.eos_token_id
        several = named if isinstance(named, list) else [named]
        return frozenset(token for token in (*several, self.tokenizer.eos_token_id) if token is not None)

    @property
    def _pad(self) -> int:
        """Any token will do, as nobody attends to it."""
        return int(self.tokenizer.pad_token_id or self.tokenizer.eos_token_id or 0)


def prompt_ids(tokenizer: Any, messages: Messages) -> list[int]:
    """The conversation in the chat template, up to where the assistant speaks."""
    ids = tokenizer.apply_chat_template(
        [dict(message) for message in messages], add_generation_prompt=True, tokenize=True, return_dict=True
    )["input_ids"]
    return list(ids)


def _chance(seed: int, prompt: Sequence[int]) -> torch.Generator:
    """A source of chance for one reply, from the seed and the prompt alone."""
    digest = hashlib.sha256(repr((seed, list(prompt))).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))


def _left_padded(prompts: Sequence[list[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and attention mask, (prompts, longest)."""
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    return ids, mask


def _timing(clock: Sequence[float], sizes: Sequence[int], rows: int) -> Timing:
    steps = [later - earlier for earlier, later in pairwise(clock[1:])]
    following = tuple(step for step, running in zip(steps, sizes[1:], strict=True) for _ in range(running))
    return Timing(clock[1] - clock[0], following, sum(sizes), rows)
