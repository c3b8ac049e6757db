"""A training run on a tiny model: repeatable, recorded, verifiable, and refused where it must be."""

import csv
import json

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from dataset_platform.errors import InputError, TrainingFailed, UsageError, VerificationFailed
from dataset_platform.training import (
    MANIFEST_NAME,
    encode,
    load_checkpoint,
    load_config,
    load_model,
    load_preset,
    merge_checkpoint,
    train,
    verify_checkpoint,
)
from dataset_platform.training import objectives as objectives_module
from dataset_platform.training.base_model import describe_base
from dataset_platform_tests.training.tiny_models import SMALL_TALK, say, write_release

RELEASE_SHA256 = "ab" * 32


@pytest.fixture
def run(rows, config, base_model, tmp_path):
    def start(out="checkpoint", log=lambda _: None, rows=rows, config=config, **kwargs):
        return train(rows, RELEASE_SHA256, "1.0.0", config, base_model, tmp_path / out, log, **kwargs)

    return start


def test_training_lowers_the_validation_loss_and_says_what_it_did(run, config, base_model):
    manifest = run().manifest
    assert manifest.validation_losses[-1] < manifest.validation_losses[0] - 0.5
    assert [point.step for point in manifest.loss_curve if point.validation_loss is not None] == [0, 6, 12]
    assert [point.step for point in manifest.loss_curve if point.train_loss is not None] == list(range(1, 13))
    assert manifest.release.version == "1.0.0"
    assert manifest.release.manifest_sha256 == RELEASE_SHA256
    assert manifest.base_model.model_dump() == {
        "name": "tiny-llama",
        "sha256": describe_base(base_model).sha256,
    }
    assert manifest.config == config
    assert manifest.counts.trainable == 24
    assert 0 < manifest.tokens_trained < manifest.tokens_seen <= 12 * config.tokens_per_step


def test_equal_arguments_give_equal_weights_and_curves(run):
    first, second = run("one"), run("two")
    assert first.manifest.loss_curve == second.manifest.loss_curve
    weights = "adapter_model.safetensors"
    assert first.manifest.files[weights] == second.manifest.files[weights]


def test_another_seed_gives_another_curve(run, config):
    other = run("two", config=config.model_copy(update={"seed": 8}))
    assert run("one").manifest.loss_curve != other.manifest.loss_curve


def test_a_step_spread_over_forwards_is_the_same_step(run, config, tmp_path):
    """Every trained token weighs the same, however many conversations share its row."""
    talks = [("train", "foundation", say("u: hello", "a: tea")), ("train", "foundation", SMALL_TALK[0])]
    rows = write_release(tmp_path / "two.parquet", talks)
    spread = run("one", rows=rows, config=config.model_copy(update={"tokens_per_forward": 1}))
    packed = run("two", rows=rows, config=config.model_copy(update={"tokens_per_forward": 96}))
    losses = [[point.train_loss for point in one.manifest.loss_curve] for one in (spread, packed)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_the_checkpoint_loads_with_plain_peft_and_equals_ours_merged(run, base_model, tmp_path, tokenizer):
    checkpoint = run()
    assert not list(checkpoint.folder.glob("*.ckpt")) + list(checkpoint.folder.glob("*.bin"))
    plain = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base_model), checkpoint.folder)
    ours, loaded_tokenizer = load_checkpoint(checkpoint.folder, base_model)
    merged = AutoModelForCausalLM.from_pretrained(
        merge_checkpoint(checkpoint.folder, base_model, tmp_path / "m")
    )
    ids = torch.tensor([encode(say("u: hello", "a: tell me more"), tokenizer).ids])
    with torch.no_grad():
        expected = plain(input_ids=ids).logits
        torch.testing.assert_close(ours(input_ids=ids).logits, expected, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(merged(input_ids=ids).logits, expected, atol=1e-4, rtol=1e-4)
    assert loaded_tokenizer.chat_template == tokenizer.chat_template
    assert AutoTokenizer.from_pretrained(checkpoint.folder).chat_template == tokenizer.chat_template


def test_only_adapters_are_saved_and_no_path_travels(run, base_model):
    folder = run().folder
    assert all("lora_" in name for name in load_file(folder / "adapter_model.safetensors"))
    assert json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"] == "tiny-llama"
    for file in folder.glob("*.json"):
        assert str(base_model.parent) not in file.read_text()


def test_the_log_has_a_line_for_every_step(run):
    with (run().folder / "training_log.csv").open() as stream:
        lines = list(csv.DictReader(stream))
    assert [int(line["step"]) for line in lines if line["train_loss"]] == list(range(1, 13))
    assert all(float(line["tokens_per_s"]) > 0 for line in lines if line["train_loss"])


def test_progress_goes_to_the_caller_or_as_lines_to_the_log(run):
    steps, lines = [], []
    run("one", on_progress=lambda told: steps.append((told.step, told.total)))
    run("two", log=lines.append)
    assert steps == [(step, 12) for step in range(1, 13)]
    assert lines[0].startswith("24 conversations")
    assert lines[-1].startswith("step 12/12: loss ")


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "training_log.csv"])
def test_a_changed_file_is_found(run, name):
    folder = run().folder
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(VerificationFailed, match=f"{name} is not the file of the manifest"):
        verify_checkpoint(folder)


def test_missing_and_unlisted_files_are_found_together(run):
    folder = run().folder
    (folder / "tokenizer.json").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(VerificationFailed, match=r"tokenizer.json is missing; pytorch_model.bin is not in"):
        verify_checkpoint(folder)


def test_reports_may_lie_beside_a_checkpoint(run):
    folder = run().folder
    (folder / "eval_report_v1.0.0.json").write_text("{}")
    assert verify_checkpoint(folder).manifest.release.version == "1.0.0"


def test_a_folder_without_manifest_is_no_checkpoint(run):
    folder = run().folder
    (folder / MANIFEST_NAME).unlink()
    with pytest.raises(VerificationFailed, match="no finished checkpoint"):
        verify_checkpoint(folder)


def test_another_base_model_is_refused(run, base_model):
    folder = run().folder
    weights = next(base_model.glob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(VerificationFailed, match="Pass the base model it was trained on"):
        load_checkpoint(folder, base_model)


@pytest.mark.parametrize(
    ("conversations", "said"),
    [([], "it is empty"), ([("train", "foundation", say("u: hello"))], "skipped: 1 no_reply")],
    ids=["empty split", "no assistant turn"],
)
def test_a_split_without_anything_to_train_is_refused(run, tmp_path, conversations, said):
    rows = write_release(tmp_path / "empty.parquet", conversations)
    with pytest.raises(TrainingFailed, match=said):
        run(rows=rows)


def test_a_loss_that_is_not_finite_stops_and_names_the_conversations(run, tmp_path, monkeypatch):
    honest = objectives_module.token_losses
    monkeypatch.setattr(objectives_module, "token_losses", lambda *given: honest(*given) * float("nan"))
    rows = write_release(tmp_path / "one.parquet", [("train", "foundation", say("u: hello", "a: tea"))])
    with pytest.raises(
        TrainingFailed, match=r"loss \(nan\) of step 1 is not finite, in the conversations 5feceb66ffc8"
    ) as failure:
        run(rows=rows)
    assert "tea" not in str(failure.value)
    assert not (tmp_path / "checkpoint" / MANIFEST_NAME).exists()


def test_a_run_without_validation_split_trains(run, tmp_path):
    rows = write_release(tmp_path / "one.parquet", [("train", "foundation", say("u: hello", "a: tea"))])
    manifest = run(rows=rows).manifest
    assert manifest.validation_losses == []
    assert len(manifest.loss_curve) == 12


def test_rows_that_are_no_release_are_refused(run, tmp_path):
    (tmp_path / "x.parquet").write_text("no parquet")
    with pytest.raises(InputError, match="not a Parquet file"):
        run(rows=tmp_path / "x.parquet")


def test_an_unknown_model_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="model no-such-owner/no-such-model: not a folder here") as failure:
        load_model("no-such-owner/no-such-model")
    assert "\n" not in str(failure.value)
    with pytest.raises(InputError, match=r"no config\.json"):
        load_model(tmp_path)


def test_adapters_on_layers_that_do_not_exist_are_refused(run, config):
    lora = config.lora.model_copy(update={"targets": ("no_such_layer",)})
    with pytest.raises(TrainingFailed, match=r"lora\.targets"):
        run(config=config.model_copy(update={"lora": lora}))


def test_presets_load_and_unknown_ones_are_named():
    assert load_preset("cpu-demo").max_steps > 0
    with pytest.raises(UsageError, match="there are: cpu, cpu-demo, multi-gpu, single-gpu"):
        load_preset("laptop")


def test_a_configuration_that_contradicts_itself_is_refused(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "{max_steps: 4, tokens_per_step: 64, tokens_per_forward: 128, max_length: 64, "
        "learning_rate: 0.1, validate_every: 2, validation_tokens: 64}"
    )
    with pytest.raises(InputError, match=r"mine\.yaml: .*tokens_per_forward is larger"):
        load_config(path)
    path.write_text("max_steps: many")
    with pytest.raises(InputError, match="max_steps: Input should be a valid integer"):
        load_config(path)
