"""Which conversations each step sees: a plan that follows from lengths, stages, settings and seed.

The whole plan is known before the first step, so a position in a run is one number.
"""

from collections.abc import Sequence

import numpy as np

from dataset_platform.schemas import Stage
from dataset_platform.training.config import Curriculum, TrainingConfig
from dataset_platform.training.packing import fill

StepPlan = list[list[int]]
"""The rows of one step, each a list of indices of examples."""

BUCKETING_WINDOW = 512  # conversations that are sorted by length together; enough for rows of like lengths


def plan_steps(lengths: Sequence[int], stages: Sequence[str], config: TrainingConfig) -> list[StepPlan]:
    """The steps of a run over examples of these lengths and stages.

    Every pass has an order of its own, drawn from seed, phase and pass. A curriculum goes through
    the stages one after the other, each with steps in proportion to its tokens, whatever bounds the run.
    """
    phases = _phases(stages, config.curriculum)
    bounds = _steps_by_phase([sum(lengths[i] for i in phase) for phase in phases], config.max_steps)
    plan: list[StepPlan] = []
    for number, (phase, bound) in enumerate(zip(phases, bounds, strict=True)):
        plan += _plan_phase(phase, lengths, config, number, bound)
    return plan


def in_halves(step: StepPlan, lengths: Sequence[int], capacity: int) -> StepPlan:
    """The same conversations in rows of at most half of `capacity`, so that the step stays the same."""
    examples = [i for row in step for i in row]
    return [[examples[i] for i in row] for row in fill([lengths[i] for i in examples], max(1, capacity // 2))]


def _phases(stages: Sequence[str], curriculum: Curriculum) -> list[list[int]]:
    if curriculum is Curriculum.MIXED:
        return [list(range(len(stages)))]
    assert curriculum is Curriculum.STAGES
    by_stage = [[i for i, found in enumerate(stages) if found == stage] for stage in Stage]
    return [phase for phase in by_stage if phase]


def _steps_by_phase(tokens: Sequence[int], max_steps: int | None) -> list[int | None]:
    """Steps of each phase in proportion to its tokens; at least one each while there are enough."""
    if max_steps is None:
        return [None] * len(tokens)
    ends = [round(max_steps * end / sum(tokens)) for end in np.cumsum(tokens)]
    return [end - start for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _plan_phase(
    phase: Sequence[int], lengths: Sequence[int], config: TrainingConfig, number: int, bound: int | None
) -> list[StepPlan]:
    steps: list[StepPlan] = []
    epoch = 0
    while (bound is None or len(steps) < bound) and (config.epochs is None or epoch < config.epochs):
        rng = np.random.default_rng([config.seed, epoch, number])
        rows = _rows(phase, lengths, config, rng)
        row_lengths = [sum(lengths[i] for i in row) for row in rows]
        steps += [[rows[i] for i in step] for step in fill(row_lengths, config.tokens_per_step)]
        epoch += 1
    return steps[:bound]


def _rows(
    phase: Sequence[int], lengths: Sequence[int], config: TrainingConfig, rng: np.random.Generator
) -> StepPlan:
    """One pass over the phase as packed rows, in the order that they are seen."""
    order = [phase[i] for i in rng.permutation(len(phase))]
    if config.length_bucketing:
        windows = [order[at : at + BUCKETING_WINDOW] for at in range(0, len(order), BUCKETING_WINDOW)]
        order = [i for window in windows for i in sorted(window, key=lambda i: lengths[i])]
    rows = [[order[i] for i in row] for row in fill([lengths[i] for i in order], config.tokens_per_forward)]
    return [rows[i] for i in rng.permutation(len(rows))] if config.length_bucketing else rows
