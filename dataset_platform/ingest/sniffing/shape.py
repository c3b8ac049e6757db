"""One way in which records of a sample show turns."""

from dataclasses import dataclass
from typing import Any

from dataset_platform.schemas import Role

SIDES = (Role.USER.value, Role.ASSISTANT.value)

ENOUGH = 0.5
"""Share of the texts, or lists, that must show turns for the field to be one of conversations."""


@dataclass(frozen=True)
class Shape:
    """One shape of turns, and the records of the sample that show it, by number.

    `speakers` are the names in each of these, where they are named; `doubts` what is unsure.
    """

    turns: dict[str, Any]
    covers: frozenset[int]
    speakers: tuple[tuple[str, ...], ...] = ()
    doubts: tuple[str, ...] = ()
