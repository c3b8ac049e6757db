"""The learning rate as a function of the step alone, so that a resumed run has nothing to restore."""

import math

from dataset_platform.training.config import Schedule, TrainingConfig


def learning_rate(config: TrainingConfig, step: int, n_steps: int) -> float:
    """Learning rate of a step, counted from 0, of a run of `n_steps`.

    It rises linearly over `warmup_steps`. Then `cosine` and `linear` fall to 0 at the end; `wsd`
    (warm-up, stable, decay; Hu et al. 2024) stays, and falls linearly over the last `decay_share`.
    """
    warmup = config.warmup_steps
    if step < warmup:
        return config.learning_rate * (step + 1) / (warmup + 1)
    gone = (step - warmup) / max(1, n_steps - warmup)
    if config.schedule is Schedule.COSINE:
        return config.learning_rate * (1 + math.cos(math.pi * gone)) / 2
    if config.schedule is Schedule.LINEAR:
        return config.learning_rate * (1 - gone)
    if config.schedule is Schedule.WSD:
        decaying = max(1, round(config.decay_share * n_steps))
        return config.learning_rate * min(1.0, (n_steps - step) / decaying)
    assert config.schedule is Schedule.CONSTANT
    return config.learning_rate
