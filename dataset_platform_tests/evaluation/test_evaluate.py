"""An evaluation on a tiny model: bound to its release, honest about its sample, silent about texts."""

import json

import daft
import pyarrow.parquet as pq
import pytest
import torch

from dataset_platform.errors import InputError, VerificationFailed
from dataset_platform.evaluation import Decision, Gate, Model, Outcome, Previous, Verdict, evaluate
from dataset_platform.evaluation.language import foresee
from dataset_platform.schemas import EVAL_REPLIES
from dataset_platform.storage.contracts import broken_rules
from dataset_platform.training import encode, load_model
from dataset_platform.training.encode import Example
from dataset_platform_tests.evaluation.conftest import CONFIG, NOTHING_ASKED, RELEASE_SHA256
from dataset_platform_tests.evaluation.fakes import WordVectors
from dataset_platform_tests.training.tiny_models import SMALL_TALK, say, tiny_tokenizer, write_release


def run(rows, checkpoint, base_model, config=NOTHING_ASKED, **further):
    return evaluate(
        rows, "1.0.0", RELEASE_SHA256, checkpoint, base_model, config, lambda _: None,
        embedder=WordVectors(), **further,
    )  # fmt: skip


def test_a_model_tuned_on_such_talk_foresees_it_better(report):
    loss = report.metric("loss")
    change = loss.differences[Model.BASE]
    assert (loss.n, change.verdict) == (12, Verdict.IMPROVED)
    assert change.interval.high < 0
    stages = [part for part in report.parts if part.by == "stage" and part.metric.name == "loss"]
    assert [(part.label, part.metric.n) for part in stages] == [("expertise", 6), ("foundation", 6)]
    assert {part.metric.differences[Model.BASE].verdict for part in stages} == {Verdict.TOO_FEW}


def test_the_report_names_what_it_belongs_to(report):
    assert (report.version, report.release_manifest_sha256) == ("1.0.0", RELEASE_SHA256)
    assert report.base_model == "tiny-llama"
    assert report.suite.asked == 26
    assert report.against is None
    assert {gate.gate: gate.outcome for gate in report.gates}[Gate.REGRESSION] is Outcome.NOT_MEASURED


def test_a_failed_gate_is_a_decision_not_to_ship(report):
    assert report.decision is Decision.DO_NOT_SHIP
    assert set(report.failed) == {gate.gate for gate in report.gates if gate.outcome is Outcome.FAILED}


def test_equal_seeds_give_equal_findings(report, rows, checkpoint, base_model):
    again = run(rows, checkpoint, base_model, CONFIG)
    clocks = {"first_token_ms", "next_token_ms"}
    assert [m for m in again.metrics if m.name not in clocks] == [
        m for m in report.metrics if m.name not in clocks
    ]
    assert again.examples == report.examples


def test_every_prompt_and_reply_is_kept_with_its_scores(evaluated):
    report, folder, _ = evaluated
    table = pq.read_table(folder / report.replies_file)
    assert not broken_rules(daft.from_arrow(table), EVAL_REPLIES)
    models, suites = table["model"].to_pylist(), table["suite"].to_pylist()
    assert models.count("base") == models.count("tuned") == table.num_rows / 2
    assert set(suites) == {"heldout", "safety", "fairness"}
    for prompt, suite, scores in zip(
        table["prompt"].to_pylist(), suites, table["scores"].to_pylist(), strict=True
    ):
        assert json.loads(prompt)[-1]["role"] == "user"
        assert ("rubric answers" in {score["name"] for score in scores}) == (suite != "heldout")


def test_a_previous_version_is_compared_and_its_loss_of_skill_fails(rows, checkpoint, base_model):
    report = run(rows, checkpoint, base_model, previous=Previous("0.9.0", checkpoint))
    assert report.against == "0.9.0"
    assert report.metric("loss").differences[Model.PREVIOUS].verdict is Verdict.NO_DIFFERENCE
    gates = {gate.gate: gate.outcome for gate in report.gates}
    assert gates[Gate.REGRESSION] is Outcome.PASSED


def test_bounds_choose_a_part_of_the_split_and_say_so(rows, checkpoint, base_model):
    few = NOTHING_ASKED.model_copy(update={"max_conversations": 5})
    report = run(rows, checkpoint, base_model, few)
    assert (report.sample.scored, report.sample.in_split, report.sample.left_out_by_bounds) == (5, 12, 7)
    assert report.metric("loss").differences[Model.BASE].verdict is Verdict.TOO_FEW
    assert {gate.outcome for gate in report.gates} == {Outcome.NOT_MEASURED}
    assert report.decision is Decision.SHIP


def test_losses_are_those_of_each_conversation_alone(base_model):
    tokenizer = tiny_tokenizer()
    model = load_model(base_model).eval()
    examples = [Example(str(i), "x", encode(talk, tokenizer)) for i, talk in enumerate(SMALL_TALK)]
    together = foresee(model, examples, tokens_per_forward=1000)
    for place, example in enumerate(examples):
        alone = foresee(model, [example], 1000)
        assert alone.nll[0] == pytest.approx(together.nll[place], rel=1e-5)
        assert alone.bins[0] == pytest.approx(together.bins[place], rel=1e-4)


def test_bins_count_every_token_and_find_what_the_model_would_have_said(base_model):
    example = Example("1", "x", encode(SMALL_TALK[0], tiny_tokenizer()))
    model = load_model(base_model).eval()
    found = foresee(model, [example], 1000).bins[0]
    with torch.inference_mode():
        logits = model(torch.tensor([example.encoded.ids])).logits[0]
    trained = [i for i, on in enumerate(example.encoded.loss_mask) if on]
    right = sum(int(logits[i - 1].argmax()) == example.encoded.ids[i] for i in trained)
    assert (found[:10].sum(), found[20:].sum()) == (example.encoded.n_trained, right)


def test_a_checkpoint_of_another_release_is_refused(rows, checkpoint, base_model):
    with pytest.raises(VerificationFailed, match=r"trained on release 1\.0\.0"):
        evaluate(rows, "1.1.0", "cd" * 32, checkpoint, base_model, CONFIG, lambda _: None)


def test_a_split_without_anything_to_score_is_refused(checkpoint, base_model, tmp_path):
    rows = write_release(tmp_path / "empty.parquet", [("test", "foundation", say("u: hello"))])
    with pytest.raises(InputError, match="no conversation to score"):
        run(rows, checkpoint, base_model)


def test_neither_text_nor_replies_reach_the_log(evaluated):
    report, _, log = evaluated
    told = " ".join([*log, report.headline])
    assert log
    assert "sounds hard" not in told
    for example in report.examples:
        for reply in example.replies[Model.TUNED]:
            assert not reply or reply not in told
