"""A task for another machine: it trains on what the store holds, or says what is not the same there."""

import pytest

from dataset_platform import release
from dataset_platform.errors import InputError, PlatformError, VerificationFailed
from dataset_platform.settings import load_settings
from dataset_platform.storage.opening import open_store
from dataset_platform.training import StoredTask, describe_base, verify_checkpoint
from dataset_platform_tests.training.materialising import lay_release
from dataset_platform_tests.training.tiny_models import changed


@pytest.fixture
def task(rows, base_model, config, tmp_path, monkeypatch):
    monkeypatch.setenv("DATASET_STORAGE_LOCAL_PATH", str(tmp_path / "store"))
    monkeypatch.setenv("DATASET_CACHE_DIR", str(tmp_path / "cache of the machine"))
    folder = lay_release(rows, tmp_path / "store")
    return StoredTask(
        key="k",
        release_prefix="exports/v1.0.0",
        manifest_sha256=release.manifest_sha256(folder),
        version="1.0.0",
        config=changed(config, base_model=str(base_model), max_steps=3, warmup_steps=1, validate_every=3),
        base_model_sha256=describe_base(base_model).sha256,
    )


def test_the_checkpoint_is_handed_over_through_the_store_and_nothing_stays_behind(task, tmp_path):
    settings = load_settings()
    store = open_store(settings)
    task.run(lambda _: None)
    assert list(store.list("processed/training_states/k/checkpoint"))
    task.collect(store, settings, tmp_path / "collected")
    assert verify_checkpoint(tmp_path / "collected").manifest.release.version == "1.0.0"
    assert not list(store.list("processed"))
    assert not [path for path in settings.cache.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("change", "kind", "told"),
    [
        ({"release_prefix": "exports/v9.9.9"}, InputError, "v9.9.9 is not on this machine"),
        ({"manifest_sha256": "0" * 64}, VerificationFailed, "is another release than the run was given"),
        ({"base_model_sha256": "0" * 64}, InputError, "another model lies here"),
        ({"training_version": "0"}, InputError, "give it the image of the run"),
    ],
)
def test_a_machine_that_would_train_on_anything_else_refuses_in_one_line(task, change, kind, told):
    with pytest.raises(PlatformError, match=told) as refused:
        task.model_copy(update=change).run(lambda _: None)
    assert type(refused.value) is kind
    assert "\n" not in str(refused.value)
