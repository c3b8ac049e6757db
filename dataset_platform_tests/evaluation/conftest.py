"""The tiny base model and release of the training tests, and one evaluation of a checkpoint on them."""

import pytest

from dataset_platform.evaluation import EvaluationConfig, evaluate
from dataset_platform.evaluation.judged import Judges
from dataset_platform.training import TrainingConfig, train
from dataset_platform_tests.evaluation.fakes import WordVectors
from dataset_platform_tests.training.tiny_models import SMALL_TALK, saved_tiny_llama, write_release

RELEASE_SHA256 = "ab" * 32
CONFIG = EvaluationConfig(
    n_replies=12,
    probes_per_category=1,
    fairness_prompts=2,
    max_new_tokens=24,
    max_length=64,
    timed_replies=9,
    timed_batches=1,
    resamples=4000,
    ngram_words=4,
)
NOTHING_ASKED = CONFIG.model_copy(
    update={"n_replies": 0, "probes_per_category": 0, "fairness_prompts": 0, "timed_replies": 0}
)


@pytest.fixture(scope="package")
def base_model(tmp_path_factory):
    return saved_tiny_llama(tmp_path_factory.mktemp("models") / "tiny-llama")


@pytest.fixture(scope="package")
def rows(tmp_path_factory):
    """Small talk: all splits say the same, so a model that learnt the training text knows the test split."""
    conversations = [
        (split, ("foundation", "expertise")[i % 2], SMALL_TALK[i % 4])
        for split, count in (("train", 24), ("validation", 4), ("test", 12))
        for i in range(count)
    ]
    return write_release(tmp_path_factory.mktemp("release") / "dataset_v1.0.0.parquet", conversations)


@pytest.fixture(scope="package")
def training_config():
    return TrainingConfig(
        seed=7,
        max_steps=100,
        tokens_per_step=96,
        tokens_per_forward=48,
        max_length=64,
        learning_rate=0.01,
        warmup_steps=2,
        validate_every=50,
        validation_tokens=200,
    )


@pytest.fixture(scope="package")
def checkpoint(rows, training_config, base_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "checkpoint"
    return train(rows, RELEASE_SHA256, "1.0.0", training_config, base_model, folder, lambda _: None).folder


@pytest.fixture(scope="package")
def evaluated(rows, checkpoint, base_model, tmp_path_factory):
    """A report, the folder with its replies, and what was logged."""
    folder, log = tmp_path_factory.mktemp("report"), []
    report = evaluate(
        rows, "1.0.0", RELEASE_SHA256, checkpoint, base_model, CONFIG, log.append,
        folder=folder, embedder=WordVectors(),
    )  # fmt: skip
    return report, folder, log


@pytest.fixture(scope="package")
def report(evaluated):
    return evaluated[0]


@pytest.fixture(scope="package")
def judges():
    return Judges(WordVectors(), {})
