"""A difference counts only where its interval and its test say so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform.evaluation import EvaluationConfig, Model, Verdict
from dataset_platform.evaluation.report import Difference, Interval
from dataset_platform.evaluation.speed import percentiles
from dataset_platform.evaluation.statistics import (
    Observed,
    exponential_of_ratio,
    judge,
    judged_together,
    measured,
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
    found = percentiles([[0.010, 0.020], [0.030]], CONFIG)
    assert (found.p50.value, found.p50.interval, found.n) == (20.0, None, 3)
    nothing = percentiles([], CONFIG)
    assert (nothing.p99.value, nothing.p99.interval, nothing.n) == (None, None, 0)


def test_percentiles_are_no_surer_for_waiting_together():
    alone = percentiles([[seconds] for seconds in np.linspace(0.01, 0.1, 20)], CONFIG)
    together = percentiles([[seconds] * 8 for seconds in np.linspace(0.01, 0.1, 20)], CONFIG)
    assert (together.p50.interval, together.n) == (alone.p50.interval, 8 * alone.n)
    assert alone.p50.interval.low < 55 < alone.p50.interval.high


def test_a_share_that_all_units_agree_on_is_not_certain():
    metric = measured(values([0.0] * 20, [1.0] * 20), CONFIG)
    base, tuned = (metric.estimates[model].interval for model in (Model.BASE, Model.TUNED))
    assert (base.low, base.high) == (0.0, pytest.approx(0.161, abs=0.001))
    assert (tuned.low, tuned.high) == (pytest.approx(0.839, abs=0.001), 1.0)
    signed = measured(values([0.0] * 20, [0.0] * 20, share=False), CONFIG).estimates[Model.TUNED].interval
    assert (signed.low, signed.high) == (0.0, 0.0)


def test_units_too_few_to_pass_the_corrected_test_are_told_from_no_difference():
    """Nine units can be exchanged in 512 ways: of 16 metrics none could pass at 0.05."""
    worse = [measured(values([0.0] * 9, list(range(1, 10))), CONFIG) for _ in range(16)]
    verdicts = {m.differences[Model.BASE].verdict for m in judged_together(worse, 0.05)}
    assert verdicts == {Verdict.TOO_FEW}
    assert judged_together(worse[:8], 0.05)[0].differences[Model.BASE].verdict is Verdict.WORSE
