"""What one model does: foresees held-out turns, answers every question, and takes its time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dataset_platform.evaluation import speed
from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.generation import Generator, TransformersGenerator, prompt_ids
from dataset_platform.evaluation.language import Foreseen, HeldOut, foresee
from dataset_platform.evaluation.report import Speed
from dataset_platform.evaluation.said import Asked, Said, ask
from dataset_platform.evaluation.speed import Timed
from dataset_platform.evaluation.vllm_generation import vllm_generator
from dataset_platform.quality.statistics import Floats
from dataset_platform.training.encode import Example
from dataset_platform.training.hardware import best_device, peak_device_bytes

Load = Callable[[], tuple[Any, Any]]


@dataclass(frozen=True)
class Measured:
    """`canaries` are the nats of each canary's reply, of none where none was planted."""

    foreseen: Foreseen
    canaries: Floats
    said: Said
    speed: Speed
    timed: Timed


def measure(
    load: Load,
    held_out: Sequence[HeldOut],
    canaries: Sequence[Example],
    asked: Sequence[Asked],
    config: EvaluationConfig,
) -> Measured:
    """Loads a model and its tokenizer, onto a GPU where there is one, and lets it do everything.

    The model is freed on return.
    """
    speed.reset_peak()
    started = time.perf_counter()
    model, tokenizer = load()
    model.to(best_device()).eval()
    load_s = time.perf_counter() - started
    foreseen = foresee(model, [one.example for one in held_out], config.tokens_per_forward)
    kept = foresee(model, canaries, config.tokens_per_forward).nll
    own = TransformersGenerator(model, tokenizer, config)
    generator: Generator = vllm_generator(model, tokenizer, config) or own
    said = ask(generator, asked)
    prompts = [prompt_ids(tokenizer, one.context((), 0)) for one in asked[: speed.wanted(config)]]
    timed = speed.time_replies(own, prompts)
    told = Speed(
        load_s=round(load_s, 2),
        peak_rss_bytes=speed.peak_since_reset(),
        peak_device_bytes=peak_device_bytes(),
        latencies=timed.latencies,
    )
    return Measured(foreseen, kept, said, told, timed)
