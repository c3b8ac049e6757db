"""An evaluation on a tiny model: bound to its release, honest about its sample, safe to open."""

import json
import re

import pytest
import torch

from dataset_platform.errors import InputError, VerificationFailed
from dataset_platform.evaluation import (
    EvalReport,
    EvaluationConfig,
    Verdict,
    evaluate,
    read_report,
    summary,
    write_report,
)
from dataset_platform.evaluation.measure import score
from dataset_platform.training import encode, load_model, train
from dataset_platform.training.encode import Example
from dataset_platform_tests.training.tiny_models import SMALL_TALK, say, write_release

RELEASE_SHA256 = "ab" * 32
CONFIG = EvaluationConfig(n_replies=2, max_new_tokens=6, max_length=64, bootstrap_resamples=200)


@pytest.fixture
def checkpoint(rows, config, base_model, tmp_path):
    return train(
        rows, RELEASE_SHA256, "1.0.0", config, base_model, tmp_path / "checkpoint", lambda _: None
    ).folder


@pytest.fixture
def report(rows, checkpoint, base_model):
    return evaluate(rows, "1.0.0", RELEASE_SHA256, checkpoint, base_model, CONFIG, lambda _: None)


def test_a_model_tuned_on_such_talk_is_improved(report):
    assert report.verdict == Verdict.IMPROVED
    assert report.overall.n_conversations == 12
    assert report.overall.interval.high < 0
    assert [(one.stage, one.n_conversations) for one in report.by_stage] == [
        ("expertise", 6),
        ("foundation", 6),
    ]
    assert {one.verdict for one in report.by_stage} == {Verdict.TOO_FEW}
    assert report.overall.n_tokens == sum(one.n_tokens for one in report.by_stage)


def test_the_report_names_what_it_belongs_to(report):
    assert (report.version, report.release_manifest_sha256) == ("1.0.0", RELEASE_SHA256)
    assert report.base_model == "tiny-llama"
    assert report.loss_curve[0].validation_loss > report.loss_curve[-1].validation_loss


def test_equal_seeds_give_equal_findings(report, rows, checkpoint, base_model):
    again = evaluate(rows, "1.0.0", RELEASE_SHA256, checkpoint, base_model, CONFIG, lambda _: None)
    assert (again.overall, again.by_stage, again.replies) == (report.overall, report.by_stage, report.replies)


def test_replies_are_from_both_models_at_one_place_and_timed(report):
    assert len(report.replies) == 2
    assert report.tuned_speed.first_token_ms.n == 2
    assert report.tuned_speed.tokens_per_s > 0


def test_bounds_choose_a_part_of_the_split_and_say_so(rows, checkpoint, base_model):
    few = CONFIG.model_copy(update={"max_conversations": 5, "n_replies": 0})
    report = evaluate(rows, "1.0.0", RELEASE_SHA256, checkpoint, base_model, few, lambda _: None)
    assert (report.sample.scored, report.sample.in_split, report.sample.left_out_by_bounds) == (5, 12, 7)
    assert (report.verdict, report.replies) == (Verdict.TOO_FEW, ())
    assert report.tuned_speed.tokens_per_s is None


def test_scores_are_those_of_each_conversation_alone(base_model, tokenizer):
    model = load_model(base_model).eval()
    examples = [Example(str(i), "x", encode(talk, tokenizer)) for i, talk in enumerate(SMALL_TALK)]
    with torch.inference_mode():
        together = score(model, examples, tokens_per_forward=1000)
        for example in examples:
            assert score(model, [example], 1000)[example.conversation_id] == pytest.approx(
                together[example.conversation_id], rel=1e-5
            )


def test_a_checkpoint_of_another_release_is_refused(rows, checkpoint, base_model):
    with pytest.raises(VerificationFailed, match=r"trained on release 1\.0\.0"):
        evaluate(rows, "1.1.0", "cd" * 32, checkpoint, base_model, CONFIG, lambda _: None)


def test_a_split_without_anything_to_score_is_refused(checkpoint, base_model, tmp_path):
    rows = write_release(tmp_path / "empty.parquet", [("test", "foundation", say("u: hello"))])
    with pytest.raises(InputError, match="no conversation to score"):
        evaluate(rows, "1.0.0", RELEASE_SHA256, checkpoint, base_model, CONFIG, lambda _: None)


def test_neither_text_nor_replies_reach_the_log(rows, checkpoint, base_model):
    lines = []
    report = evaluate(rows, "1.0.0", RELEASE_SHA256, checkpoint, base_model, CONFIG, lines.append)
    log = " ".join([*lines, report.headline])
    assert lines
    for reply in report.replies:
        assert not reply.tuned or reply.tuned not in log
    assert "sounds hard" not in log


def test_files_are_named_by_version_and_the_json_is_the_report(report, tmp_path):
    paths = write_report(report, tmp_path / "out")
    assert [path.name for path in paths] == [
        f"eval_report_v1.0.0.{suffix}" for suffix in ("json", "md", "html")
    ]
    assert EvalReport.model_validate(json.loads(paths[0].read_text())) == report
    assert read_report(tmp_path / "out", "1.0.0") == report
    assert "improved" in paths[1].read_text()
    with pytest.raises(InputError, match="evaluate version 2"):
        read_report(tmp_path / "out", "2.0.0")


def test_the_summary_has_all_stages_first_and_no_text(report):
    lines = summary(report)
    assert [line["stage"] for line in lines] == ["all", "expertise", "foundation"]
    assert lines[0]["verdict"] == "improved"
    assert lines[1]["95 % interval"] == "none"


def test_the_page_is_self_contained_and_escapes_replies(report, tmp_path):
    hostile = report.replies[0].model_copy(update={"tuned": "<script>alert(1)</script> | <img src=x>"})
    report = report.model_copy(update={"replies": (hostile,)})
    _, markdown, html = (path.read_text() for path in write_report(report, tmp_path))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "default-src 'none'" in html
    assert not re.findall(r'(?:src|href)="(?!#)', html)
    assert html.count('role="img" aria-label=') == 2
    assert r"\|" in markdown
