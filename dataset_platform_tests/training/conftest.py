"""A base model that loads in milliseconds, and a release to train it on."""

from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from dataset_platform.training import TrainingConfig, encode, train
from dataset_platform.training.encode import Example
from dataset_platform_tests.training.tiny_models import (
    RELEASE_SHA256,
    SMALL_TALK,
    changed,
    saved_tiny_llama,
    tiny_tokenizer,
    write_release,
)


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    return tiny_tokenizer()


@pytest.fixture
def base_model(tmp_path: Path) -> Path:
    return saved_tiny_llama(tmp_path / "tiny-llama")


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    splits = [("train", 24), ("validation", 4), ("test", 12)]
    conversations = [
        (split, ("foundation", "expertise")[i % 2], SMALL_TALK[i % 4])
        for split, count in splits
        for i in range(count)
    ]
    return write_release(tmp_path / "dataset_v1.0.0.parquet", conversations)


@pytest.fixture
def config() -> TrainingConfig:
    return TrainingConfig(
        seed=7,
        max_steps=12,
        tokens_per_step=96,
        tokens_per_forward=48,
        max_length=64,
        learning_rate=0.02,
        warmup_steps=2,
        validate_every=6,
        validation_tokens=200,
    )


@pytest.fixture
def examples(tokenizer):
    return [Example(str(i), "foundation", encode(talk, tokenizer)) for i, talk in enumerate(SMALL_TALK)]


@pytest.fixture
def task(rows, config, base_model, tmp_path):
    """What `dying.py` trains."""
    return {
        "rows": str(rows),
        "manifest_sha256": RELEASE_SHA256,
        "config": config.model_dump(mode="json"),
        "base_model": str(base_model),
        "out": str(tmp_path / "killed"),
        "states": str(tmp_path / "states"),
    }


@pytest.fixture
def run(rows, config, base_model, tmp_path):
    """Trains that model on that release, with changes to the configuration."""

    def start(out="checkpoint", rows=rows, places=None, **changes):
        wanted = changed(config, **changes)
        return train(rows, RELEASE_SHA256, "1.0.0", wanted, base_model, tmp_path / out, print, places=places)

    return start


@pytest.fixture
def materialise(rows, base_model, tmp_path, monkeypatch):
    from dataset_platform_tests.training.materialising import materialiser

    return materialiser(rows, base_model, tmp_path, monkeypatch)
