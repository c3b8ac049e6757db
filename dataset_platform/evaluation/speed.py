"""How fast a model answers, and what memory it takes, on this machine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.generation import Timing, TransformersGenerator
from dataset_platform.evaluation.report import Estimate, Interval, Latency, Percentiles
from dataset_platform.evaluation.statistics import estimated, interval_of
from dataset_platform.quality.statistics import Floats
from dataset_platform.training.hardware import peak_rss_bytes

TOGETHER = 8
PERCENTS = {"p50": 50, "p95": 95, "p99": 99}
_RESET_PEAK = "5"  # of /proc/self/clear_refs, see proc(5)


@dataclass(frozen=True)
class Timed:
    """Latencies at each batch size, and of single requests the seconds of each first and further token."""

    latencies: tuple[Latency, ...]
    first_s: tuple[float, ...]
    next_s: tuple[float, ...]


def wanted(config: EvaluationConfig) -> int:
    """Prompts that are timed, as far as there are so many."""
    return max(config.timed_replies, TOGETHER * config.timed_batches)


def time_replies(generator: TransformersGenerator, prompts: Sequence[list[int]]) -> Timed:
    """Generates as many tokens as a reply may have after prompts one at a time, and after eight at a time.

    One short reply goes ahead untimed, as the first call of a model is slower.
    """
    config = generator.config
    timings: list[Timing] = []
    timed = replace(generator, on_batch=timings.append)
    if prompts:
        timed.continued(prompts[:1], 2, stops=False)
    latencies, single = [], []
    for size, n in ((1, config.timed_replies), (TOGETHER, TOGETHER * config.timed_batches)):
        timings.clear()
        for start in range(0, min(n, len(prompts)) - size + 1, size):
            timed.continued(prompts[start : start + size], config.max_new_tokens, stops=False)
        latencies.append(_latency(size, timings, config))
        single += timings if size == 1 else []
    return Timed(
        tuple(latencies),
        tuple(timing.first_s for timing in single),
        tuple(sum(timing.next_s) / max(1, len(timing.next_s)) for timing in single),
    )


def percentiles(batches: Sequence[Sequence[float]], config: EvaluationConfig) -> Percentiles:
    """Milliseconds from the seconds of each batch; batches are drawn whole, as their tokens wait together."""
    values = [np.asarray(seconds, np.float64) * 1000 for seconds in batches if len(seconds)]
    if not values:
        return Percentiles(**dict.fromkeys(PERCENTS, Estimate(value=None, interval=None)), n=0)
    intervals: list[Interval | None] = [None] * len(PERCENTS)
    if len(values) >= config.min_units:
        chance = np.random.default_rng(config.seed)
        drawn = chance.integers(len(values), size=(config.resamples, len(values)))
        spread = np.array([_percents([values[place] for place in places]) for places in drawn])
        intervals = [interval_of(column) for column in spread.T]
    found = zip(PERCENTS, _percents(values), intervals, strict=True)
    told = {name: Estimate(value=float(value), interval=interval) for name, value, interval in found}
    return Percentiles(**told, n=sum(map(len, values)))


def reset_peak() -> None:
    """Lets kernel and GPU count this process's peak memory anew, where they can."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    path = Path("/proc/self/clear_refs")
    if path.exists():
        path.write_text(_RESET_PEAK, encoding="ascii")


def peak_since_reset() -> int:
    """Bytes that this process held at most since `reset_peak`, or since its start where nobody counts."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
    return found[0] if found else peak_rss_bytes()


def _latency(size: int, timings: Sequence[Timing], config: EvaluationConfig) -> Latency:
    # A step of a batch is one wait for all its rows, so tokens count once and seconds once a step.
    rates = [(t.n_tokens, t.first_s + sum(t.next_s) / t.rows) for t in timings]
    return Latency(
        batch_size=size,
        batches=len(timings),
        first_token_ms=percentiles([[timing.first_s] * timing.rows for timing in timings], config),
        next_token_ms=percentiles([timing.next_s for timing in timings], config),
        tokens_per_s=estimated(np.array(rates, np.float64).reshape(-1, 2), config),
    )


def _percents(values: Sequence[Floats]) -> Floats:
    return np.asarray(np.percentile(np.concatenate(values), list(PERCENTS.values())), np.float64)
