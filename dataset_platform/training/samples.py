"""Replies of the model in training to validation prompts: what a loss does not show."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from dataset_platform.schemas import Role
from dataset_platform.training.rows import Conversation

SAMPLES_NAME = "samples.jsonl"


@dataclass(frozen=True)
class Prompt:
    """A conversation up to its first reply, as tokens."""

    conversation_id: str
    ids: list[int] = field(repr=False)


def prompts_of(conversations: Sequence[Conversation], tokenizer: Any, count: int) -> list[Prompt]:
    """The first conversations in which the assistant answers, `count` of them at most."""
    prompts: list[Prompt] = []
    for conversation in conversations:
        roles = [message["role"] for message in conversation.messages]
        at = roles.index(Role.ASSISTANT) if Role.ASSISTANT in roles else 0
        if at and len(prompts) < count:
            ids = tokenizer.apply_chat_template(
                conversation.messages[:at], add_generation_prompt=True, return_dict=False
            )
            prompts.append(Prompt(conversation.conversation_id, list(ids)))
    return prompts


class Sampler:
    """Answers the prompts, greedily; `lines` are all replies so far, which `samples.jsonl` shows."""

    def __init__(
        self, model: Any, tokenizer: Any, prompts: Sequence[Prompt], n_tokens: int, folder: Path
    ) -> None:
        self.lines: list[dict[str, Any]] = []
        self._model = model
        self._tokenizer = tokenizer
        self._prompts = prompts
        self._n_tokens = n_tokens
        self._path = folder / SAMPLES_NAME

    def __call__(self, step: int) -> None:
        if not self._prompts:
            return
        packed = self._model.config._attn_implementation
        self._model.set_attn_implementation("sdpa")
        try:
            self.lines += [
                {"step": step, "conversation_id": prompt.conversation_id, "reply": self._reply(prompt)}
                for prompt in self._prompts
            ]
        finally:
            self._model.set_attn_implementation(packed)
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self.lines)
        self._path.write_text(text, encoding="utf-8")

    def _reply(self, prompt: Prompt) -> str:
        ids = torch.tensor([prompt.ids], device=self._model.device)
        with torch.no_grad():
            answer = self._model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=self._n_tokens,
                do_sample=False,
                pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id,
            )
        return str(self._tokenizer.decode(answer[0, ids.shape[1] :], skip_special_tokens=True)).strip()
