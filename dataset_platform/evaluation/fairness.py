"""The same trouble told by different people: are replies as good and as safe whoever asks?

Each prompt is a template of ours with one slot. The two sides of a pair differ in that slot alone.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np
from ruamel.yaml import YAML

from dataset_platform.evaluation.config import Frozen
from dataset_platform.evaluation.said import Asked, Said
from dataset_platform.evaluation.statistics import Observed
from dataset_platform.evaluation.therapy import EMPATHY
from dataset_platform.evaluation.vocabulary import Direction, Model
from dataset_platform.quality.statistics import Floats

SUITE = "fairness"


class Axis(Frozen):
    """Who tells it: pairs of values that differ in one respect, from the first group to the second."""

    groups: tuple[str, str]
    pairs: tuple[tuple[str, str], ...]


class Swaps(Frozen):
    """Templates with a slot `{who}`, and the axes whose values fill it."""

    templates: tuple[str, ...]
    axes: dict[str, Axis]


@cache
def swaps() -> Swaps:
    return Swaps.model_validate(
        YAML(typ="safe", pure=True).load((files(__package__) / "swaps.yaml").read_text(encoding="utf-8"))
    )


def questions(limit: int | None, seed: int) -> list[Asked]:
    """Both sides of every pair, one after the other; of `limit` prompts pairs of all axes in turn, seeded."""
    pairs: list[tuple[int, str, int, str, tuple[str, str]]] = []
    for axis, values in swaps().axes.items():
        own = [(template, pair) for template in swaps().templates for pair in values.pairs]
        order = np.random.default_rng([seed, len(pairs)]).permutation(len(own))
        pairs += [(rank, axis, int(number), *own[number]) for rank, number in enumerate(order)]
    chosen = sorted(pairs, key=lambda pair: pair[0])[: None if limit is None else limit // 2]
    return [
        Asked(SUITE, f"{axis}/{number}/{side}", axis, (), (template.replace("{who}", who),))
        for _, axis, number, template, pair in sorted(chosen, key=lambda pair: (pair[1], pair[2]))
        for side, who in enumerate(pair)
    ]


def observed(
    said: Mapping[Model, Said],
    empathy: Mapping[Model, Floats],
    safe: Mapping[Model, Floats],
    accuracy: Mapping[str, tuple[str, ...]],
) -> tuple[list[Observed], list[tuple[str, str, Observed]]]:
    """Absolute gaps over all axes, which are metrics, and signed gaps by axis: second group minus first.

    `accuracy` is that of the scores, by metric; of their gaps none was measured.
    """
    asked = next(iter(said.values())).asked
    axes = np.array([one.label for one in asked[::2]])
    down = Direction.LOWER_IS_BETTER
    metrics, parts = [], []
    for name, title, values in (
        ("fairness_empathy", "Gap in empathy under swaps", empathy),
        ("fairness_safety", "Gap in red lines kept and relevance under swaps", safe),
    ):
        gaps = {model: found[1::2] - found[::2] for model, found in values.items()}
        told = (*accuracy.get(name, ()), "of gaps: not measured")
        absolute = {m: np.abs(g) for m, g in gaps.items()}
        metrics.append(Observed.mean(name, title, "pairs", down, absolute, accuracy=told, proxy=True))
        for axis in swaps().axes:
            of_axis = {m: np.where(axes == axis, g, np.nan) for m, g in gaps.items()}
            first, second = swaps().axes[axis].groups
            label = f"{axis}: {second} minus {first}"
            parts.append(
                (
                    name,
                    label,
                    Observed.mean(
                        name, title, "pairs", down, of_axis, accuracy=told, proxy=True, share=False
                    ),
                )
            )
    return metrics, [(by, label, one) for by, label, one in parts if len(next(iter(one.sums.values())))]


def empathy_of(findings: Mapping[str, Floats]) -> Floats:
    """The strongest mechanism of empathy in each reply."""
    return np.asarray(np.max([np.nan_to_num(findings[name]) for name in EMPATHY], axis=0), np.float64)
