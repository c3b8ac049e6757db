"""Replies in batches are those of each prompt alone, and chance is seeded."""

import pytest
import torch

from dataset_platform.evaluation import EvaluationConfig
from dataset_platform.evaluation.generation import TransformersGenerator, prompt_ids
from dataset_platform.evaluation.speed import time_replies
from dataset_platform.training import load_model
from dataset_platform_tests.training.tiny_models import say, tiny_tokenizer

PROMPTS = [
    say("u: I feel tired today"),
    say("s: be kind", "u: I feel lost", "a: talk to me . what helps you sleep ?", "u: tea"),
    say("u: hello"),
    say("u: what helps you sleep ?"),
    say("u: a walk and tea today", "a: tell me more", "u: hello again"),
]


@pytest.fixture(scope="module")
def model(base_model):
    return load_model(base_model).eval()


def generator(model, **settings):
    return TransformersGenerator(model, tiny_tokenizer(), EvaluationConfig(max_new_tokens=12, **settings))


def test_a_batch_says_what_each_prompt_alone_is_told(model):
    together = generator(model).replies(PROMPTS)
    assert together == [generator(model).replies([prompt])[0] for prompt in PROMPTS]
    assert together == generator(model, batch_size=2).replies(PROMPTS)


def test_greedy_replies_are_those_of_transformers(model):
    tokenizer = tiny_tokenizer()
    for prompt in PROMPTS:
        ids = torch.tensor([prompt_ids(tokenizer, prompt)])
        mask = torch.ones_like(ids)
        said = model.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=12, pad_token_id=0)
        text = tokenizer.decode(said[0, ids.shape[1] :], skip_special_tokens=True).strip()
        assert generator(model).replies([prompt])[0].text == text


def test_sampled_replies_depend_on_seed_and_prompt_alone(model):
    warm = {"temperature": 1.0}
    once = generator(model, seed=1, **warm).replies(PROMPTS)
    assert once == generator(model, seed=1, **warm).replies(PROMPTS)
    backwards = generator(model, seed=1, **warm).replies(PROMPTS[::-1])
    assert [reply.text for reply in backwards[::-1]] == [reply.text for reply in once]
    assert once != generator(model, seed=2, **warm).replies(PROMPTS)


def test_a_reply_ends_with_the_turn_or_is_marked_as_cut(model):
    for reply in generator(model).replies(PROMPTS):
        assert reply.whole or reply.n_tokens == 12


def test_every_token_of_every_reply_is_timed(model):
    ids = [prompt_ids(tiny_tokenizer(), prompt) for prompt in PROMPTS]
    timed = time_replies(generator(model, timed_replies=9, timed_batches=2), ids * 2)
    alone, together = timed.latencies
    assert (alone.batch_size, alone.batches, alone.first_token_ms.n, alone.next_token_ms.n) == (1, 9, 9, 99)
    # Two prompts are left that would be no batch of eight.
    assert (together.batch_size, together.batches, together.next_token_ms.n) == (8, 1, 88)
    assert len(timed.first_s) == len(timed.next_s) == 9
    for found in (alone.next_token_ms.p95, alone.tokens_per_s):
        assert found.interval.low <= found.value <= found.interval.high
    assert (together.next_token_ms.p95.interval, together.tokens_per_s.interval) == (None, None)
