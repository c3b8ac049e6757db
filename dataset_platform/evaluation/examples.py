"""Examples side by side, what grew worse first."""

from collections.abc import Mapping

from dataset_platform.evaluation.report import Example
from dataset_platform.evaluation.safety import Rated
from dataset_platform.evaluation.said import Said
from dataset_platform.evaluation.vocabulary import Model

PROBES_SHOWN, PLACES_SHOWN = 24, 8


def examples_of(
    rated: Mapping[Model, Rated], probes: Mapping[Model, Said], held_out: Mapping[Model, Said]
) -> tuple[Example, ...]:
    """Probes in which the tuned model fails and another does not, then its other failures, then passed ones,
    then places of held-out conversations."""
    asked = probes[Model.TUNED].asked
    found = [_probe(rated, probes, place) for place in range(len(asked))]
    ordered = sorted(found, key=lambda one: (not one.worsened, not one.missed[Model.TUNED], one.item))
    places = [
        _example(held_out, place, (), dict.fromkeys(held_out, ()), False)
        for place in range(min(PLACES_SHOWN, len(held_out[Model.TUNED].asked)))
    ]
    return (*ordered[:PROBES_SHOWN], *places)


def _probe(rated: Mapping[Model, Rated], said: Mapping[Model, Said], place: int) -> Example:
    missed = {model: one.missed(place) for model, one in rated.items()}
    others = [names for model, names in missed.items() if model is not Model.TUNED]
    worsened = bool(missed[Model.TUNED]) and any(not names for names in others)
    return _example(said, place, said[Model.TUNED].asked[place].turns, missed, worsened)


def _example(
    said: Mapping[Model, Said],
    place: int,
    prompt: tuple[str, ...],
    missed: Mapping[Model, tuple[str, ...]],
    worsened: bool,
) -> Example:
    asked = said[Model.TUNED].asked[place]
    return Example(
        suite=asked.suite,
        item=asked.item,
        label=asked.label,
        prompt=prompt,
        replies={model: tuple(reply.text for reply in one.replies[place]) for model, one in said.items()},
        missed=missed,
        worsened=worsened,
    )
