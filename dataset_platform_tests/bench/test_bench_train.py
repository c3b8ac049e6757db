"""`bench train`: what is made of seconds, tokens and losses, and that contestants train what they get."""

import json
from pathlib import Path

import pytest

from dataset_platform.bench.contestant import Case, Outcome, Run
from dataset_platform.bench.training import Contest, contestants, findings, training_report
from dataset_platform.errors import InputError
from dataset_platform.progress import Progress
from dataset_platform.training.config import Method
from dataset_platform.training.cost import Work
from dataset_platform_tests.training.conftest import base_model, rows, tokenizer

__all__ = ["base_model", "rows", "tokenizer"]


def outcome(name, *steps):
    """One run with steps of (seconds, tokens, loss)."""
    (contestant,) = (one for one in contestants(None, on_gpu=False) if one.name == name)
    facts = {"tokens": sum(step[1] for step in steps), "_steps": json.dumps(steps)}
    facts |= {"_trained share": "0.5", "_pairs a token": "10"}
    seconds = sum(step[0] for step in steps)
    run = Run({"train": seconds}, seconds, seconds, 2_000_000_000, facts, {})
    return Outcome(Case(contestant, "fine-tuning", {}, 0), [run])


def test_speed_is_useful_tokens_and_time_is_to_the_loss_that_all_reach():
    outcomes = [
        outcome("ours", (1, 100, 3.0), (1, 100, 2.0), (1, 100, 1.0)),
        outcome("trl", (2, 100, 3.0), (2, 100, 2.0), (2, 100, 2.0)),
        outcome("bare loop", (1, 50, 3.0), (1, 50, 2.0), (1, 50, 1.0)),
    ]
    said = "\n".join(findings(outcomes, Work(0, 0, 0), None))
    assert "ours: 100 (100–100) useful tokens/s, peak 2 (2–2) GB, 3 (3–3) s to a loss of 2.333" in said  # noqa: RUF001
    assert "trl: 50 (50–50) useful tokens/s, peak 2 (2–2) GB, 6 (6–6) s" in said  # noqa: RUF001
    assert "ours : trl 2 (2–2), target ≥ 1.3: met" in said  # noqa: RUF001
    assert "ours : bare loop 2 (2–2), target ≥ 0.95: met" in said  # noqa: RUF001
    assert "MFU" not in said


def test_mfu_is_said_where_the_peak_is_known():
    said = "\n".join(findings([outcome("ours", (1, 100, 1.0))], Work(body=0.5, head=1, attention=0.1), 400.0))
    assert "0.5 (0.5–0.5) MFU" in said  # noqa: RUF001
    assert "MFU of ours 0.5 (0.5–0.5), target ≥ 0.45: met" in said  # noqa: RUF001


def test_a_gpu_that_is_not_there_is_one_line(rows, base_model, tmp_path):
    contest = Contest(rows, 1, 96, 48, 96, Method.LORA, on_gpu=True)
    with pytest.raises(InputError, match="--gpu: this machine has none"):
        training_report(tmp_path, contest, base_model, 1, [], None, None)


@pytest.mark.slow
def test_ours_and_a_bare_loop_train_what_they_are_given_and_no_text_stays(rows, base_model, tmp_path):
    from rich.console import Console

    contest = Contest(rows, 3, 96, 48, 96, Method.LORA, on_gpu=False)
    only, progress = ["ours", "bare loop"], Progress(Console(stderr=True))
    report = training_report(tmp_path, contest, base_model, 1, only, None, progress)
    assert [o.failure for o in report.outcomes] == ["", "", ""]
    assert all(run.facts["tokens"] > 0 for o in report.outcomes for run in o.runs)
    assert not list(Path(tmp_path / "training").iterdir())
