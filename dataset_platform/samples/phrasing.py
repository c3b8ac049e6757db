"""Sentences from templates: `(a|b)` is drawn at each use, `<slot>` is fixed for one conversation."""

import random
import re
from collections.abc import Mapping, Sequence

_ALTERNATIVES = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"<([a-z]+)>")
_SENTENCE_START = re.compile(r"(?:^|(?<=[.?!] ))([a-z])")
_SECOND_PERSON = {
    "I": "you",
    "I'm": "you're",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
}
_FIRST_PERSON_WORD = re.compile(r"\b(I'm|I|me|my|mine|myself)\b")


class Phrasing:
    """Says templates within one conversation, whose slots it draws once."""

    def __init__(
        self, rng: random.Random, slots: Mapping[str, Sequence[str]], openers: Sequence[str] = ()
    ) -> None:
        self._rng = rng
        self._slots = {name: rng.choice(values) for name, values in slots.items()}
        self._openers = openers

    def own(self, template: str) -> str:
        """The template in the client's mouth: slots as they are."""
        return self._filled(template, self._slots)

    def reply(self, template: str) -> str:
        """The template in the therapist's mouth: slots turn to the second person."""
        return self._filled(template, {name: second_person(value) for name, value in self._slots.items()})

    def _filled(self, template: str, slots: Mapping[str, str]) -> str:
        drawn = _ALTERNATIVES.sub(lambda match: self._rng.choice(match[1].split("|")), template)
        filled = _SLOT.sub(lambda match: self._slot(match[1], slots), drawn)
        return _SENTENCE_START.sub(lambda match: match[1].upper(), " ".join(filled.split()))

    def _slot(self, name: str, slots: Mapping[str, str]) -> str:
        return self._rng.choice(self._openers) if name == "hear" else slots[name]


def second_person(phrase: str) -> str:
    """The phrase as the listener says it back: `my sister` becomes `your sister`."""
    return _FIRST_PERSON_WORD.sub(lambda match: _SECOND_PERSON[match[1]], phrase)
