"""Losses compared, and how sure the comparison is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.report import Interval, LossComparison, Percentiles, Verdict


@dataclass(frozen=True)
class Scored:
    """One conversation: its assistant tokens, and the sum of their losses (nats) under each model."""

    conversation_id: str
    stage: str
    n_tokens: int
    base_nll: float
    tuned_nll: float


def compare(stage: str, scored: Sequence[Scored], config: EvaluationConfig) -> LossComparison:
    """Tuned against base on these conversations; every token weighs the same."""
    n_tokens = sum(one.n_tokens for one in scored)
    base = sum(one.base_nll for one in scored) / n_tokens
    tuned = sum(one.tuned_nll for one in scored) / n_tokens
    interval = bootstrap_difference(scored, config) if len(scored) >= config.min_conversations else None
    return LossComparison(
        stage=stage,
        n_conversations=len(scored),
        n_tokens=n_tokens,
        base_loss=base,
        tuned_loss=tuned,
        base_perplexity=math.exp(base),
        tuned_perplexity=math.exp(tuned),
        difference=tuned - base,
        interval=interval,
        verdict=judge(interval),
    )


def compare_stages(scored: Sequence[Scored], config: EvaluationConfig) -> tuple[LossComparison, ...]:
    stages = sorted({one.stage for one in scored})
    return tuple(compare(stage, [one for one in scored if one.stage == stage], config) for stage in stages)


def bootstrap_difference(scored: Sequence[Scored], config: EvaluationConfig) -> Interval:
    """95 % percentile interval of tuned minus base loss per token (Efron 1979).

    Whole conversations are drawn with replacement, since tokens of one are not
    independent, and both models are scored on the same draw, since differences between
    conversations are larger than between models.
    """
    n = len(scored)
    drawn = np.random.default_rng(config.seed).multinomial(
        n, np.full(n, 1 / n), size=config.bootstrap_resamples
    )
    gains = np.array([one.tuned_nll - one.base_nll for one in scored])
    tokens = np.array([one.n_tokens for one in scored])
    low, high = np.percentile(drawn @ gains / (drawn @ tokens), [2.5, 97.5])
    return Interval(low=float(low), high=float(high))


def judge(interval: Interval | None) -> Verdict:
    """The verdict on a difference of losses: it counts only where its interval excludes zero."""
    if interval is None:
        return Verdict.TOO_FEW
    if interval.high < 0:
        return Verdict.IMPROVED
    return Verdict.WORSE if interval.low > 0 else Verdict.NO_DIFFERENCE


def percentiles(seconds: Sequence[float]) -> Percentiles:
    if not seconds:
        return Percentiles(p50=None, p95=None, n=0)
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    return Percentiles(p50=round(float(p50), 1), p95=round(float(p95), 1), n=len(seconds))
