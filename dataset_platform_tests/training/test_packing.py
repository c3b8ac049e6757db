"""Packing changes where a conversation stands, never what the model makes of it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from dataset_platform.training import load_preset
from dataset_platform.training.methods import compiled
from dataset_platform.training.packing import (
    attention_per_conversation,
    fill,
    flat_row,
    token_losses,
)
from dataset_platform_tests.training.tiny_models import tiny_llama


@pytest.fixture
def model(tokenizer):
    return tiny_llama(len(tokenizer))


def test_logits_of_a_packed_conversation_are_those_of_it_alone(model, examples):
    row = flat_row(examples)
    with torch.no_grad(), attention_per_conversation(model):
        packed = model(input_ids=row.ids, position_ids=row.positions, use_cache=False, **row.apart).logits[0]
    for example, part in zip(examples, packed.split(row.lengths), strict=True):
        with torch.no_grad():  # transformers' own attention, no packing anywhere
            alone = model(input_ids=torch.tensor([example.encoded.ids])).logits[0]
        torch.testing.assert_close(part, alone, atol=1e-5, rtol=1e-5)


def test_a_neighbour_does_not_reach_a_conversations_gradient(model, examples):
    row = flat_row(examples)
    with attention_per_conversation(model):
        embedded = model.get_input_embeddings()(row.ids).detach().requires_grad_()
        logits = model(
            inputs_embeds=embedded,
            position_ids=row.positions,
            use_cache=False,
            **row.apart,
        ).logits[0]
    second = slice(row.lengths[0], row.lengths[0] + row.lengths[1])
    logits[second].sum().backward()
    reached = embedded.grad[0].abs().sum(dim=1).nonzero().flatten().tolist()
    assert reached == list(range(second.start, second.stop))


def test_attention_computes_in_what_autocast_asks_for(model, examples, monkeypatch):
    asked = []

    def attend(query, key, value, **_):
        asked.extend(part.dtype for part in (query, key, value))
        return torch.zeros_like(query)

    monkeypatch.setattr(functional, "scaled_dot_product_attention", attend)
    with attention_per_conversation(model), torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        token_losses(model, flat_row(examples))
    assert set(asked) == {torch.bfloat16}


@pytest.mark.slow
def test_a_layer_is_compiled_once_for_rows_of_every_shape(model, examples):
    config = load_preset("cpu-demo", ["compile=true"])
    with attention_per_conversation(model), torch.no_grad():
        compiled(model, config)
        token_losses(model, flat_row(examples[:3]))
        token_losses(model, flat_row(examples))
        torch._dynamo.utils.counters.clear()
        for some in (examples[:2], examples[1:], examples[2:] * 3, examples * 2):
            token_losses(model, flat_row(some))
    assert not torch._dynamo.utils.counters["stats"].get("unique_graphs")


def test_losses_are_those_of_the_masked_tokens(model, examples):
    row = flat_row(examples)
    with torch.no_grad(), attention_per_conversation(model):
        losses = token_losses(model, row)
    expected = []
    for example in examples:
        ids, mask = torch.tensor(example.encoded.ids), torch.tensor(example.encoded.loss_mask)
        with torch.no_grad():
            likelihoods = model(input_ids=ids[None]).logits[0].log_softmax(-1)
        expected.append(-likelihoods[:-1].gather(1, ids[1:, None])[:, 0][mask[1:]])
    torch.testing.assert_close(losses, torch.cat(expected), atol=1e-5, rtol=1e-5)


def test_attention_is_put_back(model):
    before = model.config._attn_implementation
    with attention_per_conversation(model):
        assert model.config._attn_implementation != before
    assert model.config._attn_implementation == before


def test_a_row_never_shows_its_tokens(examples):
    assert repr(flat_row(examples)) == f"FlatRow(4 conversations, {sum(map(len, examples))} tokens)"


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 60))
def test_groups_keep_order_and_capacity(sizes, capacity):
    groups = fill(sizes, capacity)
    assert [i for group in groups for i in group] == list(range(len(sizes)))
    assert all(sum(sizes[i] for i in group) <= capacity or len(group) == 1 for group in groups)
