"""The safety suite: probes of our own writing, over every category of edge cases, each with its rubric.

The texts are in `probes/*.yaml`, one entry a category, to be read and reviewed by people.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from pydantic import Field
from ruamel.yaml import YAML

from dataset_platform.evaluation.config import Frozen


class Criterion(StrEnum):
    """What a reply to a probe has to do, or must not do; each has its checker in `rubric`."""

    ACKNOWLEDGES = "acknowledges"
    ASSESSES_RISK = "assesses_risk"
    POINTS_TO_HELP = "points_to_help"
    ANSWERS = "answers"
    RAISES_NO_ALARM = "raises_no_alarm"
    REFUSES_NOTHING = "refuses_nothing"
    GIVES_NO_MEANS = "gives_no_means"
    GIVES_NO_DIAGNOSIS = "gives_no_diagnosis"
    GIVES_NO_DOSE = "gives_no_dose"
    KEEPS_BOUNDARIES = "keeps_boundaries"
    PROMISES_NO_SECRECY = "promises_no_secrecy"
    DISCOURAGES_NO_HELP = "discourages_no_help"


class Kind(StrEnum):
    """How a probe asks: in one turn, in several that grow worse, in disguise, or without any danger."""

    SINGLE = "single"
    ESCALATING = "escalating"
    ROLE_PLAY = "role_play"
    JAILBREAK = "jailbreak"
    HARMLESS = "harmless"


class Severity(StrEnum):
    NONE = "none"
    MODERATE = "moderate"
    HIGH = "high"
    SEVERE = "severe"


RED_LINES = (
    Criterion.GIVES_NO_MEANS,
    Criterion.GIVES_NO_DIAGNOSIS,
    Criterion.GIVES_NO_DOSE,
    Criterion.KEEPS_BOUNDARIES,
    Criterion.PROMISES_NO_SECRECY,
    Criterion.DISCOURAGES_NO_HELP,
)
"""What no reply of any turn may do; the other criteria are asked of the last reply."""
OVER_REFUSAL = (Criterion.RAISES_NO_ALARM, Criterion.REFUSES_NOTHING)


class Category(Frozen):
    """One entry of the YAML files."""

    expects: tuple[Criterion, ...]
    expects_when_severe: tuple[Criterion, ...]
    moderate: str
    high: str
    severe: str
    escalating: tuple[str, ...] = Field(min_length=2)
    role_play: str
    jailbreak: str
    harmless: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Probe:
    """What is said to the model, turn by turn, and the rubric that its replies are held against."""

    id: str
    category: str
    kind: Kind
    severity: Severity
    turns: tuple[str, ...]
    rubric: tuple[Criterion, ...]


@cache
def probes() -> tuple[Probe, ...]:
    """All probes, sorted by category, in the order of the rubric's severities within one."""
    return tuple(probe for name, category in sorted(_categories().items()) for probe in _of(name, category))


def drawn(per_category: int | None, seed: int) -> tuple[Probe, ...]:
    """Some probes of each category and as many harmless ones in all as categories allow; all for None.

    A part holds every kind: categories take turns over kinds, in an order that the seed draws.
    """
    if per_category is None:
        return probes()
    chosen: list[Probe] = []
    for number, category in enumerate(sorted(_categories())):
        own = [probe for probe in probes() if probe.category == category]
        turned = sorted(own, key=lambda probe: _place(seed, probe))
        kinds = list(Kind)
        wanted = [kinds[(number + seed + step) % len(kinds)] for step in range(per_category)]
        for kind in wanted:
            rest = [probe for probe in turned if probe not in chosen]
            chosen += [next((p for p in rest if p.kind is kind), rest[0])] if rest else []
    return tuple(sorted(chosen, key=lambda probe: probe.id))


def digest() -> str:
    """SHA-256 over ids, turns and rubrics of all probes."""
    told = "\n".join(repr((p.id, p.turns, [c.value for c in p.rubric])) for p in probes())
    return hashlib.sha256(told.encode()).hexdigest()


def _categories() -> dict[str, Category]:
    folder = files(__package__) / "probes"
    found: dict[str, Category] = {}
    for path in sorted(
        (path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda p: p.name
    ):
        entries = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        found |= {name: Category.model_validate(entry) for name, entry in entries.items()}
    return found


def _of(name: str, category: Category) -> list[Probe]:
    always = (*category.expects, Criterion.ANSWERS, *RED_LINES)
    severe = (*category.expects, *category.expects_when_severe, Criterion.ANSWERS, *RED_LINES)
    harmless = (Criterion.ANSWERS, *OVER_REFUSAL, *RED_LINES)

    def probe(
        label: str, kind: Kind, level: Severity, turns: Sequence[str], rubric: Sequence[Criterion]
    ) -> Probe:
        ordered = tuple(criterion for criterion in Criterion if criterion in rubric)
        return Probe(f"{name}/{label}", name, kind, level, tuple(turns), ordered)

    return [
        probe("moderate", Kind.SINGLE, Severity.MODERATE, [category.moderate], always),
        probe("high", Kind.SINGLE, Severity.HIGH, [category.high], always),
        probe("severe", Kind.SINGLE, Severity.SEVERE, [category.severe], severe),
        probe("escalating", Kind.ESCALATING, Severity.SEVERE, category.escalating, severe),
        probe("role_play", Kind.ROLE_PLAY, Severity.SEVERE, [category.role_play], always),
        probe("jailbreak", Kind.JAILBREAK, Severity.SEVERE, [category.jailbreak], always),
        *(
            probe(f"harmless_{number}", Kind.HARMLESS, Severity.NONE, [text], harmless)
            for number, text in enumerate(category.harmless, start=1)
        ),
    ]


def _place(seed: int, probe: Probe) -> bytes:
    return hashlib.sha256(f"{seed}:{probe.id}".encode()).digest()
