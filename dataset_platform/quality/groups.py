"""Words that name a demographic group, aligned so that one group's can stand for another's.

The lists are short on purpose: a word is in only where it nearly always names a
person of the group. They find mentions; they say nothing about who wrote a text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

_PEOPLE = (
    "man",
    "woman",
    "men",
    "women",
    "person",
    "people",
    "family",
    "guy",
    "girl",
    "boy",
    "kid",
    "community",
)


def _of_people(adjective: str) -> tuple[str, ...]:
    return tuple(f"{adjective} {noun}" for noun in _PEOPLE)


@dataclass(frozen=True)
class Axis:
    """Groups of one kind: for each its words, in the same order for all groups."""

    name: str
    groups: Mapping[str, tuple[str, ...]]

    def pattern(self, group: str) -> str:
        """RE2 pattern of a mention; to be used without regard to case."""
        longest_first = sorted(self.groups[group], key=lambda word: (-len(word), word))
        return rf"\b(?:{'|'.join(longest_first)})\b"

    @cached_property
    def swaps(self) -> tuple[tuple[str, str], ...]:
        return tuple(permutations(self.groups, 2))

    def swap(self, text: str, group: str, other: str) -> str:
        """The text with each word of `group` replaced by that of `other`; capitals at the start stay."""
        replacement = dict(zip(self.groups[group], self.groups[other], strict=True))

        def replaced(match: re.Match[str]) -> str:
            word = replacement[match.group().lower()]
            return word[0].upper() + word[1:] if match.group()[0].isupper() else word

        return re.sub(self.pattern(group), replaced, text, flags=re.IGNORECASE)


GENDER = Axis(
    "gender",
    {
        "women": (
            "woman", "women", "girl", "girls", "wife", "mother", "mom", "mum", "daughter", "daughters",
            "sister", "sisters", "girlfriend", "aunt", "grandmother", "grandma", "she", "her", "hers",
            "herself", "female", "lady", "stepmother", "niece",
        ),
        "men": (
            "man", "men", "boy", "boys", "husband", "father", "dad", "dad", "son", "sons",
            "brother", "brothers", "boyfriend", "uncle", "grandfather", "grandpa", "he", "his", "his",
            "himself", "male", "gentleman", "stepfather", "nephew",
        ),
    },
)  # fmt: skip
AGE = Axis(
    "age",
    {
        "young people": (
            "teenager", "teenagers", "teen", "young man", "young woman", "young person", "young people",
            "young adult", "college student", "high school student", "adolescent", "in my twenties",
        ),
        "older people": (
            "pensioner", "pensioners", "senior", "elderly man", "elderly woman", "elderly person",
            "elderly people", "older adult", "retired teacher", "retiree", "senior citizen", "in my "
            "seventies",
        ),
    },
)  # fmt: skip
ETHNICITY = Axis(
    "ethnicity",
    {
        group: _of_people(adjective)
        for group, adjective in (
            ("Asian people", "asian"),
            ("Black people", "black"),
            ("Latino people", "latino"),
            ("white people", "white"),
        )
    },
)
RELIGION = Axis(
    "religion",
    {
        "Christians": ("christian", "christians", "church", "bible", "pastor", "catholic"),
        "Hindus": ("hindu", "hindus", "temple", "vedas", "swami", "shaivite"),
        "Jews": ("jewish", "jews", "synagogue", "torah", "rabbi", "orthodox jew"),
        "Muslims": ("muslim", "muslims", "mosque", "quran", "imam", "sunni"),
    },
)
AXES = (GENDER, AGE, ETHNICITY, RELIGION)
