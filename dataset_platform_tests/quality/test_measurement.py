"""No figure without its accuracy; textbook values of the statistics."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dataset_platform.quality.measurement import Measurement
from dataset_platform.quality.statistics import area_under_curve, bootstrap, mixture_share, wilson
from dataset_platform_tests.quality.conftest import accuracy


def test_a_figure_cannot_be_built_without_accuracy() -> None:
    with pytest.raises(ValidationError, match="needs its accuracy"):
        Measurement(value=0.9, interval=(0.8, 1.0), n=10)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_figure_is_a_finite_number(value: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Measurement(value=value, interval=(0.8, 1.0), n=10, accuracy=(accuracy("semantic_coherence"),))


def test_a_missing_figure_needs_its_reason_and_a_present_one_has_none() -> None:
    with pytest.raises(ValidationError, match="needs its reason"):
        Measurement()
    with pytest.raises(ValidationError, match="no reason"):
        Measurement(value=1, interval=(0, 1), accuracy=(accuracy("bias"),), reason="lost")
    assert Measurement.missing("no replies").value is None


def test_unmeasured_validator_gives_no_figure() -> None:
    assert Measurement.of(0.9, (0.8, 1.0), 10, "replies", ()).value is None


def test_wilson_gives_the_published_example() -> None:
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, table I
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30))
def test_area_under_curve_counts_pairs(cases: list[tuple[bool, int]]) -> None:
    positive = np.array([is_positive for is_positive, _ in cases])
    score = np.array([value for _, value in cases], float)
    pairs = [(p > n) + (p == n) / 2 for p in score[positive] for n in score[~positive]]
    area = area_under_curve(positive, score, np.ones(len(cases)))
    assert area == pytest.approx(np.mean(pairs)) if pairs else math.isnan(area)


@pytest.mark.parametrize("truth", [0.0, 0.3, 0.8, 1.0])
def test_mixture_share_recovers_the_share_that_made_the_cases(truth: float) -> None:
    probability = np.array([0.1, 0.5, 0.9])
    counts = 1000 * (truth * probability + (1 - truth) * (1 - probability))
    assert mixture_share(probability, counts) == pytest.approx(truth, abs=1e-6)


def test_bootstrap_is_seeded_and_covers_the_mean() -> None:
    values = np.arange(50.0)

    def mean(weights: np.ndarray) -> np.ndarray:
        return np.array([values @ weights / weights.sum()])

    first, second = (bootstrap(50, mean, seed=3, resamples=200) for _ in range(2))
    assert first == second
    assert first[0][0] < 24.5 < first[0][1]
