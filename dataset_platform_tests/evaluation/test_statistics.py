"""A difference counts only where its interval and its test say so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform.evaluation import EvaluationConfig, Model, Verdict
from dataset_platform.evaluation.report import Difference, Interval
from dataset_platform.evaluation.statistics import (
    Observed,
    exponential_of_ratio,
    judge,
    judged_together,
    measured,
    percentiles,
)
from dataset_platform.evaluation.vocabulary import Direction

CONFIG = EvaluationConfig(resamples=1000)
DOWN, UP = Direction.LOWER_IS_BETTER, Direction.HIGHER_IS_BETTER


def values(base, tuned, direction=DOWN, **further):
    return Observed.mean("m", "M", "units", direction, {Model.BASE: base, Model.TUNED: tuned}, **further)


def difference(low, high):
    return Difference(
        value=(low + high) / 2,
        interval=Interval(low=low, high=high),
        p_value=0.0,
        adjusted_p_value=None,
        verdict=Verdict.TOO_FEW,
    )


@pytest.mark.parametrize(
    ("low", "high", "significant", "direction", "verdict"),
    [
        (-0.2, -0.1, True, DOWN, Verdict.IMPROVED),
        (-0.2, -0.1, True, UP, Verdict.WORSE),
        (-0.2, -0.1, True, Direction.NEITHER_IS_BETTER, Verdict.DIFFERENT),
        (0.1, 0.2, True, DOWN, Verdict.WORSE),
        (0.1, 0.2, False, DOWN, Verdict.NO_DIFFERENCE),
        (-0.1, 0.1, True, DOWN, Verdict.NO_DIFFERENCE),
        (-0.1, 0.0, True, DOWN, Verdict.NO_DIFFERENCE),
    ],
)
def test_only_a_tested_interval_without_zero_is_a_verdict(low, high, significant, direction, verdict):
    assert judge(difference(low, high), direction, significant) is verdict


def test_a_ratio_weighs_units_by_their_second_sum():
    sums = {
        Model.BASE: np.array([[30.0, 10], [60.0, 30]]),
        Model.TUNED: np.array([[20.0, 10], [40.0, 30]]),
    }
    loss = measured(Observed("loss", "Loss", "conversations", DOWN, sums), CONFIG)
    assert (loss.estimates[Model.BASE].value, loss.differences[Model.BASE].value) == (90 / 40, -0.75)
    perplexity = Observed("p", "P", "conversations", DOWN, sums, exponential_of_ratio)
    assert measured(perplexity, CONFIG).estimates[Model.TUNED].value == pytest.approx(np.exp(1.5))


def test_a_handful_of_units_gets_no_interval_and_no_verdict():
    metric = measured(values([1.0] * 8, [0.0] * 8), CONFIG)
    change = metric.differences[Model.BASE]
    assert (change.interval, change.p_value, change.verdict) == (None, None, Verdict.TOO_FEW)


def test_units_drawn_together_are_one():
    alone = measured(values([1.0, 0.0] * 10, [0.0, 0.0] * 10), CONFIG)
    together = measured(values([1.0, 0.0] * 10, [0.0, 0.0] * 10, group=np.arange(20) // 2), CONFIG)
    assert (alone.n, together.n) == (20, 10)
    assert alone.estimates[Model.BASE].value == together.estimates[Model.BASE].value


def test_what_one_model_lacks_is_left_out_for_both():
    assert measured(values([1.0, np.nan, 1.0], [0.0, 0.0, np.nan]), CONFIG).n == 1


def test_intervals_cover_the_true_difference_about_as_often_as_they_say():
    covered = 0
    for seed in range(100):
        drawn = np.random.default_rng(seed).normal(-0.1, 0.3, size=40)
        interval = measured(values(np.zeros(40), drawn), CONFIG).differences[Model.BASE].interval
        covered += interval.low <= -0.1 <= interval.high
    assert 0.86 <= covered / 100 <= 1.0


def test_of_many_equal_metrics_hardly_any_evaluation_raises_an_alarm():
    alarms = 0
    for seed in range(20):
        chance = np.random.default_rng(seed)
        metrics = [measured(values(*chance.normal(size=(2, 30))), CONFIG) for _ in range(15)]
        together = judged_together(metrics, CONFIG.level)
        alarms += any(m.differences[Model.BASE].verdict is not Verdict.NO_DIFFERENCE for m in together)
    assert alarms <= 2


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(10, 30))
def test_exchanging_the_models_turns_the_difference_round(seed, n):
    one, other = np.random.default_rng(seed).normal(size=(2, n))
    there = measured(values(one, other), CONFIG).differences[Model.BASE]
    back = measured(values(other, one), CONFIG).differences[Model.BASE]
    assert there.value == pytest.approx(-back.value)
    assert (there.interval.low, there.p_value) == (pytest.approx(-back.interval.high), back.p_value)


def test_percentiles_are_milliseconds_and_nothing_is_no_figure():
    assert percentiles([0.010, 0.020, 0.030]).p50 == 20.0
    assert percentiles([]).model_dump() == {"p50": None, "p95": None, "p99": None, "n": 0}
