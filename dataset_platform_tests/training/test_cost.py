"""What is said to be the work of a token is what the model's products take."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from dataset_platform.training import load_preset
from dataset_platform.training.cost import work_of
from dataset_platform.training.methods import with_adapters
from dataset_platform_tests.training.tiny_models import tiny_llama

WORDS, TOKENS = 100, 64


@pytest.mark.parametrize("method", ["full", "lora"])
def test_operations_are_those_that_torch_counts(method):
    config = load_preset("cpu-demo", [f"method={method}"])
    model = tiny_llama(WORDS)
    model.set_attn_implementation("eager")  # torch counts no operation of the other on a CPU
    if method == "lora":
        model = with_adapters(model, config.lora, dora=False)
    with FlopCounterMode(display=False) as counter:
        model(torch.arange(TOKENS)[None] % WORDS, labels=torch.arange(TOKENS)[None] % WORDS).loss.backward()
    work = work_of(model, config)
    with_the_future = 2 * TOKENS**2
    assert counter.get_total_flops() == pytest.approx(work.flops(TOKENS, TOKENS, with_the_future), rel=0.05)


def test_the_head_counts_where_it_is_computed():
    work = work_of(tiny_llama(WORDS), load_preset("cpu-demo", ["method=full"]))
    assert work.flops(10, 10, 0) - work.flops(10, 4, 0) == 6 * work.head > 0
    assert work.head == 6 * tiny_llama(WORDS).get_output_embeddings().weight.numel()
