"""What only a CUDA GPU can show: its attention kernel, its memory running out, a run killed and resumed."""

import signal
from importlib.util import find_spec

import pytest
import torch
from lightning.fabric import Fabric
from transformers import LlamaConfig, LlamaForCausalLM

from dataset_platform.training import Places, devices, train
from dataset_platform.training import run as run_module
from dataset_platform.training.methods import compiled
from dataset_platform.training.packing import attention_per_conversation, flat_row, token_losses
from dataset_platform_tests.training.test_resume import killed
from dataset_platform_tests.training.tiny_models import (
    RELEASE_SHA256,
    changed,
    say,
    tiny_llama,
    tiny_tokenizer,
    write_release,
)

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU")

needs_bitsandbytes = pytest.mark.skipif(not find_spec("bitsandbytes"), reason="bitsandbytes is not installed")


@pytest.fixture
def config(config):
    return changed(config, accelerator="auto", precision="bf16", save_every=3)


def train_losses(manifest):
    return [point.train_loss for point in manifest.loss_curve if point.train_loss]


def losses_of(model, examples, device="cuda"):
    model = model.to(device)
    with torch.no_grad(), attention_per_conversation(model):
        return token_losses(model, flat_row(examples).to(torch.device(device))).float().cpu()


@pytest.mark.parametrize(("dtype", "close"), [(torch.float32, 1e-4), (torch.bfloat16, 0.1)], ids=str)
def test_a_packed_conversation_loses_what_it_loses_alone_and_on_a_cpu(tokenizer, examples, dtype, close):
    """In 16 bits one kernel attends for the whole row, in 32 a loop does."""
    on_cpu = losses_of(tiny_llama(len(tokenizer)), examples, "cpu")
    model = tiny_llama(len(tokenizer)).to(dtype)
    packed = losses_of(model, examples)
    alone = torch.cat([losses_of(model, [example]) for example in examples])
    torch.testing.assert_close(packed, alone, atol=close, rtol=0)
    torch.testing.assert_close(packed, on_cpu, atol=close, rtol=0)


def test_compiled_layers_lose_the_same(tokenizer, examples, config):
    model = tiny_llama(len(tokenizer)).to(torch.bfloat16)
    plain = losses_of(model, examples)
    faster = losses_of(compiled(model, changed(config, compile=True)), examples)
    torch.testing.assert_close(faster, plain, atol=0.1, rtol=0)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"method": "dora"},
        {"method": "full", "learning_rate": 0.005},
        {"precision": "fp32", "gradient_checkpointing": True},
        pytest.param({"method": "qlora"}, marks=needs_bitsandbytes),
    ],
    ids=str,
)
def test_each_way_of_training_lowers_the_validation_loss(run, changes):
    manifest = run(**changes).manifest
    assert manifest.validation_losses[-1] < manifest.validation_losses[0] - 0.3
    assert manifest.hardware["accelerator"]
    assert manifest.peak_device_bytes


def test_a_killed_run_goes_on_to_the_same_losses(rows, config, base_model, task, tmp_path):
    """Close, not bit by bit as on a CPU: kernels of a GPU may add up in another order."""
    config = changed(config, lora=config.lora.model_dump() | {"dropout": 0.2})
    task["config"] = config.model_dump(mode="json")

    def start(out, states):
        arguments = (rows, RELEASE_SHA256, "1.0.0", config, base_model, tmp_path / out, print)
        return train(*arguments, places=Places(states=tmp_path / states)).manifest

    assert killed(task, tmp_path, 8).returncode == -signal.SIGKILL
    resumed, whole = start("resumed", "states"), start("whole", "others")
    assert resumed.course.resumed_at == (6,)
    assert train_losses(resumed) == pytest.approx(train_losses(whole), rel=1e-2)


@pytest.fixture
def wide_model(tmp_path):
    """Wide enough that a row of some thousand tokens takes gigabytes."""
    tokenizer, folder = tiny_tokenizer(), tmp_path / "wide-llama"
    torch.manual_seed(0)
    LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=512, intermediate_size=2048, num_hidden_layers=4,
            num_attention_heads=8, num_key_value_heads=8, max_position_embeddings=4096, eos_token_id=3,
        )
    ).save_pretrained(folder)  # fmt: skip
    tokenizer.save_pretrained(folder)
    return folder


def test_memory_that_runs_out_halves_the_rows_and_the_run_goes_on(config, wide_model, tmp_path):
    talk = say("u: hello", "a: " + "tea and a walk . " * 100)
    rows = write_release(tmp_path / "long.parquet", [("train", "foundation", talk)] * 16)
    lora = config.lora.model_dump() | {"dropout": 0.0}
    config = changed(
        config, lora=lora, max_steps=4, max_length=4096, tokens_per_step=16384, tokens_per_forward=16384,
        learning_rate=1e-3,
    )  # fmt: skip

    def start(out, **changes):
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        wanted = changed(config, **changes)
        done = train(rows, RELEASE_SHA256, "1.0.0", wanted, wide_model, tmp_path / out, print)
        return done.manifest, torch.cuda.max_memory_reserved()

    (whole, most), (_, less) = start("whole"), start("less", tokens_per_forward=8192)
    assert whole.course.micro_batch_halved_at is None
    total = torch.cuda.get_device_properties(0).total_memory
    try:
        torch.cuda.set_per_process_memory_fraction((less + most) / 2 / total)
        halved, _ = start("halved")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert halved.course.micro_batch_halved_at == 1
    assert halved.course.tokens_per_forward == 8192
    assert train_losses(halved) == pytest.approx(train_losses(whole), rel=1e-2)


def test_weights_in_parts_pass_through_nccl(run, monkeypatch):
    """FSDP2 over one GPU: gathers, reduces and saves as over several."""
    whole = run("whole", method="full", learning_rate=0.005).manifest
    monkeypatch.setattr(run_module, "fabric_for", in_parts)
    try:
        parts = run("parts", method="full", learning_rate=0.005).manifest
    finally:
        torch.distributed.destroy_process_group()
    assert train_losses(parts) == pytest.approx(train_losses(whole), rel=2e-2)


def in_parts(config):
    strategy = devices._sharded(config)
    fabric = Fabric(accelerator="cuda", devices=1, precision="bf16-mixed", strategy=strategy)
    fabric.launch()
    assert torch.distributed.get_backend() == "nccl"
    return fabric
