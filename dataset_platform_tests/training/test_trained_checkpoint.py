"""The asset: a release that is trained on, or refused, in this process and in another one."""

import pytest

from dataset_platform.assets.trained_checkpoint import RunsIn
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import open_folder
from dataset_platform.training import Forecast, forecast
from dataset_platform.training.cost import Memory
from dataset_platform_tests.training.materialising import checkpoint, failure
from dataset_platform_tests.training.tiny_models import changed


def test_figures_are_observed_while_it_trains_and_shown_as_a_picture(materialise):
    result, observed = materialise()
    assert result.success
    (event,) = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["plot"].value.startswith("![Loss, learning rate and tokens/s by step](data:image/png")
    assert len(observed) == 6
    seen = observed[0].event_log_entry.asset_observation.metadata
    assert {"loss", "learning_rate", "tokens_per_s", "step"} <= seen.keys()
    assert checkpoint().manifest.release.overridden is None


def test_a_failed_gate_stops_it_unless_somebody_says_why(materialise):
    refused, _ = materialise(failed=["coherence"])
    assert "failed its quality gates (coherence)" in failure(refused)
    assert "--despite-failed-gates REASON" in failure(refused)
    done, _ = materialise(failed=["coherence"], reason="a try")
    assert done.success
    overridden = checkpoint().manifest.release.overridden
    assert (overridden.failed, overridden.reason) == (("coherence",), "a try")
    card = (open_folder(Storage().store, "checkpoints/v1.0.0").path / "README.md").read_text()
    assert "failed: coherence; trained all the same: a try" in card


@pytest.mark.slow
def test_a_process_of_its_own_trains_the_same_and_tells_what_stopped_it(materialise):
    assert materialise(runs_in=RunsIn.SUBPROCESS)[0].success
    there = checkpoint().manifest
    assert materialise()[0].success  # found done: where it ran is no part of it
    assert checkpoint().manifest.duration_s == there.duration_s
    refused, _ = materialise(runs_in=RunsIn.SUBPROCESS, overrides=["max_length=5"])
    assert "Raise max_length, which is 5 tokens" in failure(refused)


def test_a_training_on_ray_needs_to_know_the_cluster(materialise, monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    refused, _ = materialise(runs_in=RunsIn.RAY)
    assert "RAY_ADDRESS is missing" in failure(refused)


def test_a_plan_says_what_a_run_would_be(rows, config, base_model):
    told = forecast(rows, changed(config, max_steps=None, epochs=2), base_model)
    assert isinstance(told, Forecast)
    assert told.tokens == 2 * told.tokens_per_epoch
    assert told.conversations == 24
    assert told.conversations_by_stage == {"expertise": 24, "foundation": 24}
    assert 0 < told.trained_parameters < told.parameters
    assert told.duration_s > 0
    assert told.refusal is None


def test_a_plan_that_does_not_fit_says_what_to_change(rows, config, base_model, monkeypatch):
    from dataset_platform.training import forecasting

    monkeypatch.setattr(forecasting, "available_bytes", lambda _: 1_000)
    told = forecast(rows, changed(config, method="full"), base_model)
    assert "--set gradient_checkpointing=true, or --set method=lora, or a smaller base model" in str(
        told.refusal
    )
    assert "\n" not in str(told.refusal)


def test_memory_grows_with_what_trains_and_with_rows_and_shrinks_with_checkpointing(base_model, config):
    from dataset_platform.training.cost import memory_of
    from dataset_platform.training.methods import weightless_model

    def memory(rows=1000, **changes) -> Memory:
        wanted = changed(config, **changes)
        return memory_of(weightless_model(base_model, wanted), wanted, rows)

    assert memory(method="full").optimizer > memory().optimizer
    assert memory(2000).activations == 2 * memory().activations
    assert memory(gradient_checkpointing=True).activations < memory().activations
    assert memory(precision="bf16").weights < memory().weights
    assert memory(method="full", devices=2).optimizer == memory(method="full").optimizer // 2
