"""Corrected prevalence: what was planted comes back, and what cannot be told is not told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform.quality import Report
from dataset_platform.quality.accuracy import Measured, packaged
from dataset_platform.quality.prevalence import corrected
from dataset_platform.quality.rendering import as_html, as_markdown, percent
from dataset_platform_tests.quality.conftest import good_row

MADE_UP = Measured("toxicity", "1", "made_by_hand", "ef" * 32)


def rates(recall: float, alarms: float, n: int = 1000):
    return (
        MADE_UP.share("recall", "positives", round(recall * n), n, "none"),
        MADE_UP.share("false-positive rate", "negatives", round(alarms * n), n, "none"),
    )


def test_the_estimate_is_that_of_rogan_and_gladen():
    found = corrected(230, 1000, *rates(0.8, 0.1), seed=1)
    assert found.value == pytest.approx((0.23 - 0.1) / (0.8 - 0.1))
    assert found.interval[0] < found.value < found.interval[1]
    assert found == corrected(230, 1000, *rates(0.8, 0.1), seed=1)


def test_the_interval_holds_the_planted_share_about_as_often_as_it_says():
    random = np.random.default_rng(7)
    true, recall, alarms, held = 0.2, 0.7, 0.05, 0
    for seed in range(60):
        flagged = random.binomial(800, true * recall + (1 - true) * alarms)
        known = rates(random.binomial(150, recall) / 150, random.binomial(150, alarms) / 150, n=150)
        low, high = corrected(int(flagged), 800, *known, seed=seed).interval
        held += low <= true <= high
    assert held >= 53


@pytest.mark.parametrize(
    ("flagged", "n", "known", "reason"),
    [
        (3, 29, rates(0.8, 0.1), "fewer than 30 conversations"),
        (30, 300, rates(0.8, 0.1, n=20), "fewer than 30 labelled cases"),
        (30, 300, (None, rates(0.8, 0.1)[1]), "its recall is not measured"),
        (30, 300, (rates(0.8, 0.1)[0], None), "its false-positive rate is not measured"),
        (30, 300, rates(0.5, 0.49), "too alike to tell"),
        (1, 1000, rates(0.8, 0.1), "flagged less often than the false alarms"),
    ],
)
def test_what_cannot_be_told_is_insufficient_data_and_never_zero(flagged, n, known, reason):
    found = corrected(flagged, n, *known, seed=1)
    assert found.value is None
    assert found.reason.startswith("insufficient data")
    assert reason in found.reason


@settings(max_examples=40)
@given(st.integers(30, 3000), st.floats(0, 1), st.floats(0.05, 1), st.floats(0, 1))
def test_an_estimate_is_a_share_within_its_interval_or_has_a_reason(n, share, recall, alarms):
    found = corrected(round(share * n), n, *rates(recall, alarms), seed=3)
    if found.value is None:
        assert found.reason
    else:
        low, high = found.interval
        assert 0 <= low <= high <= 1
        assert low - 0.01 <= found.value <= high + 0.01


def test_the_report_corrects_crises_toxicity_and_private_data_by_source_and_stage(judged):
    rows = [good_row(number) for number in range(60)]
    for number, flagged in enumerate(rows[:40]):
        flagged["flags"] = ["crisis_suicide"]
        flagged["crisis_severity"] = 2
        flagged["source"] = "grave" if number < 35 else "calm"
    for other in rows[40:]:
        other["source"] = "calm"
    report: Report = judged(rows, table=packaged())
    found = {(p.title, p.by, p.group): p for p in report.prevalences}
    everyone = found["Crisis flag, resolved or not", "release", ""]
    assert (everyone.flagged, everyone.conversations) == (40, 60)
    assert everyone.corrected.value > everyone.share
    assert [a.metric for a in everyone.corrected.accuracy] == ["recall", "false-positive rate"]
    assert found["Crisis flag, resolved or not", "source", "grave"].corrected.value == 1
    calm = found["Crisis flag, resolved or not", "source", "calm"]
    assert calm.corrected.reason == "insufficient data: fewer than 30 conversations"
    assert found["Private data: email", "release", ""].corrected.value == 0
    assert "labelled cases" in found["Private data: ssn", "release", ""].corrected.reason
    assert ("Toxic turn", "stage", "foundation") in found
    missed = percent(1 - everyone.corrected.accuracy[0].value)
    assert f"({missed} are missed)" in as_html(report)
    assert f"| {missed} |\n" in as_markdown(report)
