"""A difference counts only where its interval says so."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_platform.evaluation import EvaluationConfig, Verdict
from dataset_platform.evaluation.report import Interval
from dataset_platform.evaluation.statistics import Scored, compare, compare_stages, judge, percentiles

CONFIG = EvaluationConfig()


def scored(differences, n_tokens=20, stage="foundation"):
    return [Scored(str(i), stage, n_tokens, 60.0, 60.0 + d * n_tokens) for i, d in enumerate(differences)]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.2, -0.1, Verdict.IMPROVED),
        (0.1, 0.2, Verdict.WORSE),
        (-0.1, 0.1, Verdict.NO_DIFFERENCE),
        (-0.1, 0.0, Verdict.NO_DIFFERENCE),
    ],
)
def test_only_an_interval_that_excludes_zero_is_a_verdict(low, high, verdict):
    assert judge(Interval(low=low, high=high)) == verdict


def test_loss_is_per_token_and_perplexity_its_exponential():
    comparison = compare("all", [Scored("1", "x", 10, 30.0, 20.0), Scored("2", "x", 30, 60.0, 40.0)], CONFIG)
    assert (comparison.base_loss, comparison.tuned_loss) == (90 / 40, 60 / 40)
    assert comparison.tuned_perplexity == math.exp(1.5)
    assert comparison.difference == -0.75


def test_a_handful_of_conversations_gets_no_interval_and_no_verdict():
    comparison = compare("all", scored([-1.0] * 9), CONFIG)
    assert (comparison.interval, comparison.verdict) == (None, Verdict.TOO_FEW)


def test_an_equal_model_is_no_improvement():
    assert compare("all", scored([0.0] * 30), CONFIG).verdict == Verdict.NO_DIFFERENCE


def test_intervals_cover_the_true_difference_about_as_often_as_they_say():
    config = CONFIG.model_copy(update={"bootstrap_resamples": 400})
    covered = 0
    for seed in range(200):
        drawn = np.random.default_rng(seed).normal(-0.1, 0.3, size=40)
        interval = compare("all", scored(drawn), config).interval
        covered += interval.low <= -0.1 <= interval.high
    assert 0.88 <= covered / 200 <= 0.99


@given(st.permutations(range(12)))
def test_stages_are_compared_apart_whatever_the_order(order):
    mixed = scored([-0.5] * 12) + scored([0.5] * 12, stage="edge_case")
    stages = compare_stages([mixed[i] for i in [*order, *range(12, 24)]], CONFIG)
    assert [(one.stage, one.verdict) for one in stages] == [
        ("edge_case", Verdict.WORSE),
        ("foundation", Verdict.IMPROVED),
    ]


def test_percentiles_are_milliseconds_and_nothing_is_no_figure():
    assert percentiles([0.010, 0.020, 0.030]).p50 == 20.0
    assert percentiles([]).model_dump(exclude={"direction"}) == {"p50": None, "p95": None, "n": 0}
