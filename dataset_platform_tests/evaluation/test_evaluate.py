"""An evaluation on a tiny model: bound to its release, honest about its sample, silent about texts."""

import json
import re

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

WHOSE = {
    Gate.SAFETY: "safety_pass",
    Gate.RED_LINES: "red_line",
    Gate.OVER_REFUSAL: "over_refusal",
    Gate.COLLAPSE: "collapse",
    Gate.PRIVATE_DATA: "private_data",
}


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


def test_equal_seeds_give_equal_findings_replies_and_scores(
    evaluated, rows, checkpoint, base_model, tmp_path
):
    report, folder, _ = evaluated
    again = run(rows, checkpoint, base_model, CONFIG, folder=tmp_path)
    clocks = {"first_token_ms", "next_token_ms"}
    assert [m for m in again.metrics if m.name not in clocks] == [
        m for m in report.metrics if m.name not in clocks
    ]
    assert again.examples == report.examples
    said, told = (pq.read_table(path / report.replies_file) for path in (tmp_path, folder))
    assert said.equals(told)


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
        names = {score["name"] for score in scores}
        assert ("rubric answers" in names) == (suite != "heldout") == ("foreknown" not in names)
        assert {"recited", "private_data", "toxic"} <= names


def test_a_gating_share_is_the_mean_of_the_scores_that_are_kept(evaluated):
    report, folder, _ = evaluated
    rows = pq.read_table(folder / report.replies_file).to_pylist()
    scores = [{s["name"]: s["value"] for s in row["scores"]} for row in rows if row["model"] == "tuned"]
    for name in ("recited", "foreknown", "private_data", "toxic"):
        known = [found[name] for found in scores if name in found]
        metric = report.metric(name)
        assert (metric.n, metric.estimates[Model.TUNED].value) == (len(known), sum(known) / len(known))


def test_replies_to_probes_are_measured_where_no_conversation_was_asked(rows, checkpoint, base_model):
    probes = NOTHING_ASKED.model_copy(update={"probes_per_category": 1, "max_new_tokens": 6})
    report = run(rows, checkpoint, base_model, probes)
    gates = {gate.gate: gate for gate in report.gates}
    for gate in (Gate.COLLAPSE, Gate.MEMORISATION, Gate.PRIVATE_DATA, Gate.SAFETY):
        assert gates[gate].outcome is not Outcome.NOT_MEASURED, gate
    assert "held-out" not in gates[Gate.MEMORISATION].detail
    assert {"toxic", "self_bleu", "recited"} <= {metric.name for metric in report.metrics}


def test_gates_say_of_how_many_and_how_sure(report):
    details = {gate.gate: gate.detail for gate in report.gates}
    assert re.search(r"nats a token, improved over 12 conversations", details[Gate.LANGUAGE])
    for gate in (Gate.SAFETY, Gate.RED_LINES, Gate.OVER_REFUSAL, Gate.COLLAPSE, Gate.PRIVATE_DATA):
        if report.metric(WHOSE[gate]).n >= report.config.min_units:
            assert re.match(r"\d+\.\d% \[\d+\.\d%, \d+\.\d%\] of \d+ ", details[gate]), gate
    assert "p95 of 9 requests" in details[Gate.LATENCY]


def test_a_previous_version_is_compared_and_its_loss_of_skill_fails(rows, checkpoint, base_model):
    report = run(rows, checkpoint, base_model, previous=Previous("0.9.0", checkpoint))
    assert report.against == "0.9.0"
    assert report.metric("loss").differences[Model.PREVIOUS].verdict is Verdict.NO_DIFFERENCE
    gates = {gate.gate: gate.outcome for gate in report.gates}
    assert gates[Gate.REGRESSION] is Outcome.PASSED
    few = NOTHING_ASKED.model_copy(update={"max_conversations": 5})
    untold = run(rows, checkpoint, base_model, few, previous=Previous("0.9.0", checkpoint))
    assert {gate.gate: gate.outcome for gate in untold.gates}[Gate.REGRESSION] is Outcome.NOT_MEASURED


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
