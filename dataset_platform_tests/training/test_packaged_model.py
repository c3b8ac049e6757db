"""The packaged SmolLM2, end to end: unpacked once, tuned for a few steps, evaluated."""

import pytest

from dataset_platform.evaluation import EvaluationConfig, Model, evaluate
from dataset_platform.training import base_model as base_model_module
from dataset_platform.training import load_preset, load_tokenizer, prepare_base_model, train

pytestmark = [pytest.mark.slow, pytest.mark.model]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_the_packaged_model_is_unpacked_once_whole(cache, monkeypatch):
    folder = prepare_base_model(cache)
    assert load_tokenizer(folder).chat_template
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    monkeypatch.setattr(base_model_module, "_convert", None)
    assert prepare_base_model(cache) == folder


def test_a_few_steps_lower_the_held_out_loss(cache, rows, tmp_path):
    base = prepare_base_model(cache)
    smaller = {"max_steps": 5, "warmup_steps": 1, "tokens_per_step": 128, "tokens_per_forward": 128}
    config = load_preset("cpu-demo").model_copy(update=smaller)
    checkpoint = train(rows, "ab" * 32, "1.0.0", config, base, tmp_path / "checkpoint", lambda _: None)
    assert checkpoint.manifest.base_model.name == "SmolLM2-135M-Instruct"
    assert checkpoint.manifest.validation_losses[-1] < checkpoint.manifest.validation_losses[0]
    asked = EvaluationConfig(
        n_replies=1, max_new_tokens=4, probes_per_category=0, fairness_prompts=0, timed_replies=1
    )
    report = evaluate(rows, "1.0.0", "ab" * 32, checkpoint.folder, base, asked, lambda _: None)
    assert report.metric("loss").differences[Model.BASE].value < 0
