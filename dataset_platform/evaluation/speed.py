"""How fast a model answers, and what memory it takes, on this machine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dataset_platform.evaluation.generation import Timing, TransformersGenerator
from dataset_platform.evaluation.report import Latency
from dataset_platform.evaluation.statistics import percentiles
from dataset_platform.training.hardware import peak_rss_bytes

BATCH_SIZES = (1, 8)
_RESET_PEAK = "5"  # of /proc/self/clear_refs, see proc(5)


@dataclass(frozen=True)
class Timed:
    """Latencies at each batch size, and of single requests the seconds of each first and further token."""

    latencies: tuple[Latency, ...]
    first_s: tuple[float, ...]
    next_s: tuple[float, ...]


def time_replies(generator: TransformersGenerator, prompts: Sequence[list[int]], n_tokens: int) -> Timed:
    """Generates exactly `n_tokens` after each prompt, one at a time and eight together.

    One short reply goes ahead untimed, as the first call of a model is slower.
    """
    timings: list[Timing] = []
    timed = replace(generator, on_batch=timings.append)
    latencies, single = [], []
    if prompts:
        timed.continued(prompts[:1], 2, stops=False)
    for size in BATCH_SIZES:
        timings.clear()
        for start in range(0, len(prompts), size):
            timed.continued(prompts[start : start + size], n_tokens, stops=False)
        latencies.append(_latency(size, timings))
        single += timings if size == 1 else []
    return Timed(
        tuple(latencies),
        tuple(timing.first_s for timing in single),
        tuple(sum(timing.next_s) / max(1, len(timing.next_s)) for timing in single),
    )


def reset_peak() -> None:
    """Lets the kernel count this process's peak memory anew, where it can."""
    path = Path("/proc/self/clear_refs")
    if path.exists():
        path.write_text(_RESET_PEAK, encoding="ascii")


def peak_since_reset() -> int:
    """Bytes that this process held at most since `reset_peak`, or since its start where nobody counts."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
    return found[0] if found else peak_rss_bytes()


def _latency(size: int, timings: Sequence[Timing]) -> Latency:
    first = [timing.first_s for timing in timings for _ in range(timing.rows)]
    following = [seconds for timing in timings for seconds in timing.next_s]
    # A step of a batch is one wait for all its rows, so tokens count once and seconds once a step.
    seconds = sum(timing.first_s + sum(timing.next_s) / timing.rows for timing in timings)
    n_tokens = sum(timing.n_tokens for timing in timings)
    return Latency(
        batch_size=size,
        first_token_ms=percentiles(first),
        next_token_ms=percentiles(following),
        tokens_per_s=round(n_tokens / seconds, 1) if seconds else None,
    )
