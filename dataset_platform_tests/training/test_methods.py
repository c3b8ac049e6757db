"""What can train, in which precision, on how many devices, and what a checkpoint of each is."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from dataset_platform.errors import InputError, TrainingFailed, UsageError
from dataset_platform.training import (
    Task,
    encode,
    load_checkpoint,
    load_preset,
    verify_checkpoint,
    worker_command,
)
from dataset_platform.training.config import TrainingConfig
from dataset_platform.training.samples import SAMPLES_NAME
from dataset_platform_tests.training.tiny_models import (
    RELEASE_SHA256,
    SMALL_TALK,
    changed,
    say,
    write_release,
)


def fell(checkpoint):
    losses = checkpoint.manifest.validation_losses
    return losses[-1] < losses[0] - 0.3


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "dora"},
        {"precision": "bf16", "length_bucketing": True, "curriculum": "stages"},
        {"method": "full", "precision": "bf16", "schedule": "wsd", "learning_rate": 0.005},
    ],
    ids=str,
)
def test_each_way_of_training_lowers_the_validation_loss(run, changes):
    assert fell(run(**changes))


def test_checkpointing_changes_no_loss(run):
    kept, twice = run("one"), run("two", gradient_checkpointing=True)
    losses = [[point.train_loss for point in one.manifest.loss_curve] for one in (kept, twice)]
    assert losses[0] == losses[1]


def test_a_model_trained_whole_loads_with_plain_transformers(run, base_model, tokenizer):
    checkpoint = run(method="full")
    plain = AutoModelForCausalLM.from_pretrained(checkpoint.folder)
    ours, _ = load_checkpoint(checkpoint.folder, base_model)
    base = AutoModelForCausalLM.from_pretrained(base_model)
    ids = torch.tensor([encode(say("u: hello", "a: tell me more"), tokenizer).ids])
    with torch.no_grad():
        torch.testing.assert_close(plain(input_ids=ids).logits, ours(input_ids=ids).logits)
        assert not torch.allclose(plain(input_ids=ids).logits, base(input_ids=ids).logits, atol=1e-2)
    assert str(base_model.parent) not in (checkpoint.folder / "config.json").read_text()


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_checkpoint_has_a_generation_configuration_and_a_card(run, method):
    folder = run(method=method).folder
    assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == 3
    card = (folder / "README.md").read_text()
    assert card.startswith("---\nbase_model: tiny-llama\n")
    assert f"`{RELEASE_SHA256}`" in card
    assert "quality gates of the release | passed" in card


def test_a_base_model_that_is_a_folder_goes_by_its_name(run, base_model):
    checkpoint = run(base_model=str(base_model))
    assert checkpoint.manifest.config.base_model == "tiny-llama"


def test_a_run_ends_early_with_the_weights_of_its_best_validation(run):
    stopped = run(
        "stopped", learning_rate=0.5, schedule="constant", validate_every=1, patience=2, max_steps=40
    ).manifest
    losses = {p.step: p.validation_loss for p in stopped.loss_curve if p.validation_loss is not None}
    assert stopped.course.stopped_early
    assert stopped.course.best_step == min(losses, key=losses.get)
    assert stopped.steps == stopped.course.best_step + 2


def test_validation_prompts_are_answered_while_it_trains(run):
    folder = run(sample_replies=2, sample_tokens=4).folder
    lines = [json.loads(line) for line in (folder / SAMPLES_NAME).read_text().splitlines()]
    assert [line["step"] for line in lines] == [0, 0, 6, 6, 12, 12]
    assert len({line["conversation_id"] for line in lines}) == 2


def test_asking_for_replies_changes_no_loss(run):
    assert run("one").manifest.loss_curve == run("two", sample_replies=2, sample_tokens=4).manifest.loss_curve


def test_a_run_in_epochs_sees_every_conversation_so_often(run):
    assert run(max_steps=None, epochs=2).manifest.counts.seen == 2 * 24


def test_a_run_shorter_than_its_warm_up_is_refused(run):
    with pytest.raises(TrainingFailed, match="warmup_steps is 200, and the run has"):
        run(max_steps=None, epochs=1, warmup_steps=200)


def test_conversations_longer_than_the_context_are_counted_and_told_of(run, tmp_path):
    long = [("train", "foundation", say("u: hello", "a: " + "tea " * 200))]
    rows = write_release(tmp_path / "long.parquet", long)
    with pytest.raises(TrainingFailed, match=r"skipped: 1 too_long\). Raise max_length, which is 64 tokens"):
        run(rows=rows)
    short = [("train", "foundation", talk) for talk in SMALL_TALK]
    rows = write_release(tmp_path / "both.parquet", [*long, *short])
    counts = run(rows=rows, max_length=30).manifest.counts
    assert counts.skipped["too_long"] >= 1
    assert counts.truncated >= 1


def test_qlora_without_bitsandbytes_is_one_line(run):
    with pytest.raises(InputError, match="pip install bitsandbytes"):
        run(method="qlora", accelerator="auto")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["lora", "full"])
def test_two_processes_that_share_the_weights_train_as_one_does(
    run, rows, config, base_model, tmp_path, method
):
    """FSDP2 over gloo; a GPU has nccl. Sums of floats differ in order, so losses do in their last digits."""
    task = Task(
        key=method,
        rows=rows,
        manifest_sha256=RELEASE_SHA256,
        version="1.0.0",
        config=changed(config, devices=2, method=method, save_every=5),
        base_model=base_model,
        out=tmp_path / "two",
    )
    path = tmp_path / "task.json"
    path.write_text(task.model_dump_json())
    package = str(Path(__file__).parents[2])
    environment = {
        **os.environ,
        "PYTHONPATH": package,
        "DATASET_CACHE_DIR": str(tmp_path),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        worker_command(task.config, path), env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    together, alone = verify_checkpoint(tmp_path / "two").manifest, run(method=method).manifest
    losses = [[p.train_loss or p.validation_loss for p in one.loss_curve] for one in (together, alone)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert together.counts == alone.counts
    load_checkpoint(tmp_path / "two", base_model)


def test_more_devices_than_there_are_is_one_line(run):
    with pytest.raises(InputError, match=r"devices: 64, but this machine has \d+ GPUs"):
        run(devices=64, accelerator="auto")


def test_presets_are_for_a_demo_one_gpu_and_several():
    assert load_preset("cpu-demo").method == "lora"
    assert load_preset("single-gpu").devices == 1
    assert load_preset("multi-gpu").devices > 1


def test_flags_override_a_preset():
    config = load_preset("cpu-demo", ["method=dora", "lora.rank=4", "learning_rate=1e-4", "loggers=[mlflow]"])
    assert (config.method, config.lora.rank, config.learning_rate) == ("dora", 4, 1e-4)
    assert config.loggers == ("mlflow",)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("rank=4", "--set rank=4: not key=value with a key of accelerator"),
        ("method", "--set method: not key=value"),
        ("method=lorra", "method: Input should be 'lora', 'dora', 'qlora' or 'full'"),
        ("warmup_steps=99", "leaves no step of max_steps"),
        ("objective=dpo", None),
    ],
)
def test_overrides_that_are_wrong_are_one_line(override, said):
    if said is None:
        assert load_preset("cpu-demo", [override]).objective == "dpo"
        return
    with pytest.raises(UsageError, match=said) as failure:
        load_preset("cpu-demo", [override])
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_steps": None}, "nothing ends the run"),
        ({"objective": "dpo", "method": "full"}, "use lora, dora or qlora"),
        ({"devices": 2, "sample_replies": 1}, "does not generate"),
        ({"method": "qlora"}, "qlora needs one GPU"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(config, changes, said):
    with pytest.raises(ValueError, match=said):
        TrainingConfig.model_validate(config.model_dump() | changes)
