"""Contestants of `bench evaluate` do the same work: the same replies' tokens, the same likelihoods."""

import json
from contextlib import nullcontext

import pytest

from dataset_platform.bench import evaluating_contestants as contestants
from dataset_platform.evaluation.harness_tasks import heldout_row
from dataset_platform.training.rows import Conversation
from dataset_platform_tests.training.tiny_models import SMALL_TALK, tiny_llama, tiny_tokenizer


@pytest.fixture
def task(tmp_path):
    tokenizer = tiny_tokenizer()
    tiny_llama(len(tokenizer)).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    rows = [heldout_row(Conversation("1", "x", talk), tokenizer) for talk in SMALL_TALK]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    return {
        "model": str(tmp_path / "model"),
        "input": str(tmp_path / "rows.json"),
        "tokens": "8",
        "out": str(tmp_path),
    }


def found(contestant, task, tmp_path):
    contestant(task, lambda _: nullcontext())
    return json.loads((tmp_path / "found.json").read_text())


def test_a_batch_says_as_much_as_the_loop(task, tmp_path):
    ours = found(contestants.ours_replies, task, tmp_path)
    assert ours == found(contestants.plain_replies, task, tmp_path)
    assert ours == found(contestants.batched_replies, task, tmp_path)


def test_likelihoods_are_those_of_the_harness(task, tmp_path):
    pytest.importorskip("lm_eval", reason="lm-eval is not installed")
    ours = found(contestants.ours_scores, task, tmp_path)["log-likelihood"]
    theirs = found(contestants.lm_eval_scores, task, tmp_path)["log-likelihood"]
    assert ours == pytest.approx(theirs, rel=1e-5)
