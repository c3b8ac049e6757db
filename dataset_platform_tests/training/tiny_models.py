"""A tiny Llama with random weights, a word-level tokenizer, and hand-made releases."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from dataset_platform.schemas import RELEASE
from dataset_platform.training import TrainingConfig
from dataset_platform_tests.rows import nothing

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ["<|pad|>", "<|unk|>", "<|im_start|>", "<|im_end|>"]
SPOKEN = (
    "system user assistant be kind I feel tired lost sad today hello again thanks that sounds hard "
    "what helps you sleep a walk and tea talk to me tell more . , ?"
)
WORDS = ["\n", *SPOKEN.split()]


def tiny_tokenizer(template: str | None = CHATML) -> PreTrainedTokenizerFast:
    vocabulary = {word: i for i, word in enumerate([*SPECIAL, " ", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<|unk|>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\s|\w+|[^\w\s]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<|pad|>",
        unk_token="<|unk|>",
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        chat_template=template,
    )


def tiny_llama(n_words: int) -> LlamaForCausalLM:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return LlamaForCausalLM(
            LlamaConfig(
                vocab_size=n_words,
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=2,
                max_position_embeddings=256,
                initializer_range=0.2,
                eos_token_id=3,
                pad_token_id=0,
                bos_token_id=2,
            )
        ).eval()


def changed(config: TrainingConfig, **changes: object) -> TrainingConfig:
    """The configuration with other values, checked like one from a file."""
    return TrainingConfig.model_validate(config.model_dump() | changes)


def say(*turns: str) -> list[dict[str, str]]:
    """Messages from `role: text`; `u`, `a` and `s` stand for the roles."""
    roles = {"u": "user", "a": "assistant", "s": "system"}
    spoken = (turn.partition(":") for turn in turns)
    return [{"role": roles[role], "content": text.strip()} for role, _, text in spoken]


def saved_tiny_llama(folder):
    """The folder, with a model and its tokenizer in Hugging Face layout that load in milliseconds."""
    tokenizer = tiny_tokenizer()
    tiny_llama(len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_release(path: Path, conversations: Sequence[tuple[str, str, list[dict[str, str]]]]) -> Path:
    """A release's Parquet file from (split, stage, messages)."""
    rows = []
    for number, (split, stage, messages) in enumerate(conversations):
        digest = hashlib.sha256(f"{number}".encode()).hexdigest()
        rows.append(
            nothing(RELEASE)
            | {
                "conversation_id": digest,
                "split": split,
                "stage": stage,
                "messages": messages,
                "is_edge_case": False,
                "attributes": "{}",
                "origin_sha256": "0" * 64,
                "origin_position": number,
                "text_sha256": digest,
                "n_turns": len(messages),
                "n_chars": 1,
                "cluster_id": digest,
            }
        )
    pq.write_table(pa.Table.from_pylist(rows, schema=RELEASE.arrow), path)
    return path


RELEASE_SHA256 = "ab" * 32
SMALL_TALK = [
    say("u: I feel tired today", "a: that sounds hard . what helps you ?", "u: tea", "a: tell me more"),
    say("u: hello", "a: hello again , I feel that sounds hard"),
    say("s: be kind", "u: I feel lost", "a: talk to me . what helps you sleep ?"),
    say("a: hello , what helps you ?", "u: a walk", "a: a walk and tea"),
]
