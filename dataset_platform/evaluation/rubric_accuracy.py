"""How right the rubric's checkers are about replies that we wrote and labelled."""

from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from hashlib import sha256
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from dataset_platform.evaluation.config import Frozen
from dataset_platform.evaluation.judged import Judges
from dataset_platform.evaluation.rubric import met
from dataset_platform.evaluation.suite import Criterion
from dataset_platform.quality.statistics import wilson
from dataset_platform.schemas import Role


class Part(StrEnum):
    """What a labelled reply was used for: rules and heads were tuned on it, or never saw it."""

    TUNED_ON = "tuned on"
    HELD_BACK = "held back"
    NEW = "new"


class LabelledReply(Frozen):
    """A reply with the criteria that it was labelled for, and whether it meets them."""

    to: str
    reply: str
    meets: tuple[Criterion, ...] = ()
    misses: tuple[Criterion, ...] = ()
    part: Part


@cache
def labelled_replies() -> tuple[LabelledReply, ...]:
    """Those of all files, in their order.

    Of `unseen_replies.yaml` those whose SHA-256 begins with an odd byte are held back.
    """
    names = ("labelled_replies", "unseen_replies", "learnt_replies", "fresh_replies")
    return tuple(
        LabelledReply.model_validate({**entry, "part": _part(name, entry["reply"])})
        for name in names
        for entry in YAML(typ="safe").load((files(__package__) / f"{name}.yaml").read_text(encoding="utf-8"))
    )


def _part(name: str, reply: str) -> Part:
    if name == "fresh_replies":
        return Part.NEW
    odd = sha256(reply.encode()).digest()[0] % 2 == 1
    return Part.HELD_BACK if name == "unseen_replies" and odd else Part.TUNED_ON


def accuracies(judges: Judges) -> dict[Criterion, str]:
    """How often each checker was right about replies it was not tuned on, that meet or miss its criterion."""
    cases = [case for case in labelled_replies() if case.part is not Part.TUNED_ON]
    source = "replies written by us that it was not tuned on"
    return {
        criterion: f"sensitivity {_share(hits)}; specificity {_share(clears)}, {source}"
        for criterion, (hits, clears) in rightness(cases, judges).items()
    }


def rightness(
    cases: Sequence[LabelledReply], judges: Judges
) -> dict[Criterion, tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Whether the checker is right about each reply that meets, and each that misses, its criterion."""
    contexts = [[{"role": Role.USER.value, "content": case.to}] for case in cases]
    found = met(contexts, [case.reply for case in cases], judges)
    return {
        criterion: (
            found[criterion][[criterion in case.meets for case in cases]],
            ~found[criterion][[criterion in case.misses for case in cases]],
        )
        for criterion in Criterion
    }


def _share(right: NDArray[np.bool_]) -> str:
    n, hits = len(right), int(right.sum())
    if not n:
        return "not measured"
    low, high = wilson(hits, n)
    return f"{hits / n:.2f} [{low:.2f}, {high:.2f}], n = {n}"
