"""Canaries that a model was trained on are exposed; to one that never saw them they are like any others."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from dataset_platform.evaluation import Model, canaries, evaluate
from dataset_platform.release import CANARIES
from dataset_platform.release.canaries import conversation, secret
from dataset_platform.schemas import RELEASE
from dataset_platform.training import TrainingConfig, train
from dataset_platform_tests import rows
from dataset_platform_tests.evaluation.conftest import NOTHING_ASKED, RELEASE_SHA256
from dataset_platform_tests.evaluation.fakes import WordVectors
from dataset_platform_tests.training.tiny_models import CHATML, SPECIAL, say, tiny_llama

COUNT, REPEATS = 9, 4


def spelling_tokenizer():
    """A token a character: secrets are no words."""
    letters = [chr(code) for code in (10, *range(32, 127))]
    tokenizer = Tokenizer(
        models.WordLevel({c: i for i, c in enumerate([*SPECIAL, *letters])}, unk_token="<|unk|>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, chat_template=CHATML,
        pad_token="<|pad|>", unk_token="<|unk|>", bos_token="<|im_start|>", eos_token="<|im_end|>",
    )  # fmt: skip


@pytest.fixture(scope="module")
def release_with_canaries(tmp_path_factory):
    planted = [
        rows.released(n * REPEATS + r, source=CANARIES, messages=conversation(secret("canary", 7, n)))
        for n in range(COUNT)
        for r in range(REPEATS)
    ]
    talk = say("u: hello", "a: hello again")
    others = [rows.released(100 + n, split=("validation", "test")[n % 2], messages=talk) for n in range(4)]
    path = tmp_path_factory.mktemp("planted") / "dataset_v1.0.0.parquet"
    pq.write_table(pa.Table.from_pylist([*planted, *others], schema=RELEASE.arrow), path)
    return path


@pytest.fixture(scope="module")
def exposure(release_with_canaries, tmp_path_factory):
    """The metric of a base model that saw no canary, and of one that was trained on them."""
    tokenizer, folder = spelling_tokenizer(), tmp_path_factory.mktemp("spelling")
    tiny_llama(len(tokenizer)).save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    config = TrainingConfig(
        method="full", seed=7, max_steps=20, tokens_per_step=1200, tokens_per_forward=1200, max_length=256,
        learning_rate=0.01, warmup_steps=2, validate_every=20, validation_tokens=100,
    )  # fmt: skip
    trained = train(
        release_with_canaries,
        RELEASE_SHA256,
        "1.0.0",
        config,
        folder / "base",
        folder / "out",
        lambda _: None,
    )
    asked = NOTHING_ASKED.model_copy(update={"canary_references": 63, "max_length": 256})
    report = evaluate(
        release_with_canaries, "1.0.0", RELEASE_SHA256, trained.folder, folder / "base", asked,
        lambda _: None, embedder=WordVectors(),
    )  # fmt: skip
    return report.metric("canary_exposure")


def test_what_was_trained_on_is_exposed_and_nothing_else_is(exposure):
    assert (exposure.n, exposure.unit) == (COUNT, "canaries")
    tuned, base = (exposure.estimates[model] for model in (Model.TUNED, Model.BASE))
    assert tuned.interval.low > 4
    assert base.interval.low < canaries.BY_CHANCE < base.interval.high
    assert "planted 4 times (bits; 1.4 by chance, at most 6.0)" in exposure.title


def test_by_chance_an_exposure_is_a_bit_and_a_half():
    nll = np.random.default_rng(0).random(2000 + 511)
    assert canaries.exposures(nll, 2000).mean() == pytest.approx(canaries.BY_CHANCE, abs=0.1)


def test_ranks_count_those_that_are_likelier_and_half_of_those_alike():
    assert canaries.exposures(np.array([1.0, 2, 3, 4]), 1).tolist() == [2]
    assert canaries.exposures(np.array([4.0, 1, 2, 3]), 1).tolist() == [0]
    assert canaries.exposures(np.zeros(4), 1).tolist() == [pytest.approx(2 - np.log2(2.5))]
