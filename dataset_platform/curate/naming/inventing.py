"""Invented names, places, streets and organisations, put into the sentences of `sentences.py`.

A share of them is in no list: the head of one name and the tail of another, so that what is
learned is how names stand in a sentence and how they read, not which there are.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from dataset_platform.curate.naming.gathering import Country, Sources
from dataset_platform.curate.naming.sentences import ORDINARY, WITH_SLOTS
from dataset_platform.curate.naming.tagger import Label
from dataset_platform.curate.vocabulary import PUBLIC_PLACES

LabelledSpan = tuple[int, int, Label]
_SLOT = re.compile(r"\{([A-Z])\}")
_LABELS = {
    "N": Label.NAME, "F": Label.NAME, "L": Label.NAME, "C": Label.PLACE, "R": Label.PLACE,
    "A": Label.STREET, "S": Label.STREET, "O": Label.ORGANISATION,
}  # fmt: skip


# A share of names, or of their halves, is masked already: texts are read again once names were found.
MASK, MASKED = "[NAME]", 0.08


def _listed(words: str) -> list[str]:
    return words.split()


_TITLES = _listed("Mr. Mrs. Ms. Mx. Dr. Prof. Miss Dr Mr Mrs Doctor Professor")
_STREETS = _listed(
    "Street St Avenue Ave Road Rd Lane Drive Court Place Way Terrace Close Boulevard Crescent Highway Mews"
)
_GLUED_STREETS = _listed("straße gatan vej veien laan straat katu weg gata utca gade")
_LEADING_STREETS = _listed("Rue Via Calle Rua Avenida Ulica Plaza")
_BODIES = _listed(
    "Inc Ltd LLC Group Bank Clinic Hospital University College School Partners Foundation Solutions "
    "Institute Counseling Holdings Media Labs Orchestra Center"
)
_STATES = _listed("AL CA NY TX WA OH FL")


@dataclass(frozen=True)
class Inventor:
    """Draws sentences with their spans; the same random generator gives the same sentences."""

    known: Sources
    words: Sequence[str]
    ambiguous: Sequence[str]
    """Given names that are words, too: Lily, Mark, Jay."""

    @classmethod
    def of(cls, known: Sources) -> "Inventor":
        common = (w for w, count in known.frequencies.items() if count > 10**7 and w in known.lower_case)
        both = known.lower_case & known.capitalised
        english = (c for locale, c in known.countries.items() if locale.startswith("en_"))
        ambiguous = sorted({name for country in english for name in country.given if name.lower() in both})
        return cls(known, sorted(w for w in common if 3 < len(w) < 9), ambiguous)

    def sentence(self, rng: Random) -> tuple[str, list[LabelledSpan]]:
        """One sentence, sometimes with an ordinary one before or behind it, or in other case."""
        text, spans = "", []
        for place, part in enumerate(_SLOT.split(rng.choice(WITH_SLOTS).replace(r"\n", "\n"))):
            filled = self._filled(part, rng) if place % 2 else part
            if place % 2 and part in _LABELS:
                spans.append((len(text), len(text) + len(filled), _LABELS[part]))
            text += filled
        text = _retyped(text, rng)
        if rng.random() < 0.35:
            before = rng.choice(ORDINARY) + " "
            text, spans = before + text, [(s + len(before), e + len(before), k) for s, e, k in spans]
        return (f"{text} {rng.choice(ORDINARY)}" if rng.random() < 0.25 else text), spans

    def _filled(self, slot: str, rng: Random) -> str:
        country = self._country(rng)
        if slot == "N":
            return self._name(country, rng)
        if slot == "F":
            return MASK if rng.random() < MASKED else self._given(country, rng)
        if slot == "L":
            return _drawn(country.surnames, 0.35, rng)
        if slot == "T":
            return rng.choice(_TITLES)
        if slot == "C":
            return self._town(rng)
        if slot == "R":
            return rng.choice(sorted(PUBLIC_PLACES)).title()
        if slot == "A":
            return self._address(country, rng)
        return self._street(country, rng) if slot == "S" else self._organisation(country, rng)

    def _country(self, rng: Random) -> Country:
        locales = list(self.known.countries)
        english = [locale for locale in locales if locale.startswith("en_")]
        return self.known.countries[rng.choice(english if rng.random() < 0.35 else locales)]

    def _given(self, country: Country, rng: Random) -> str:
        return rng.choice(self.ambiguous) if rng.random() < 0.1 else _drawn(country.given, 0.25, rng)

    def _name(self, country: Country, rng: Random) -> str:
        shape = rng.random()
        given, surname = self._given(country, rng), _drawn(country.surnames, 0.35, rng)
        if shape < 0.25:
            return given
        if shape < 0.35:
            return surname
        initial = f"{rng.choice('ABCDEFGHJKLMNPRSTVW')}{rng.choice(['', '.'])} " if shape > 0.8 else ""
        if rng.random() < MASKED:
            given, surname = rng.choice([(MASK, surname), (given, MASK)])
        return f"{given} {initial}{surname}"

    def _town(self, rng: Random) -> str:
        return _drawn([name for name, _ in rng.sample(self.known.cities, 20)], 0.25, rng)

    def _street(self, country: Country, rng: Random) -> str:
        base = rng.choice(
            [
                _drawn(country.surnames, 0.5, rng), _drawn(country.given, 0.25, rng), self._town(rng),
                self._word(rng), f"{self._word(rng)} {self._word(rng)}",
            ]
        )  # fmt: skip
        shape = rng.random()
        if shape < 0.6:
            return f"{base} {rng.choice(_STREETS)}"
        return base + rng.choice(_GLUED_STREETS) if shape < 0.8 else f"{rng.choice(_LEADING_STREETS)} {base}"

    def _address(self, country: Country, rng: Random) -> str:
        street, number = self._street(country, rng), rng.randint(1, 9999)
        unit = f"{rng.choice(['Apt.', 'Suite', 'Unit', '#'])} {rng.randint(1, 999)}"
        line = rng.choice([f"{number} {street}", f"{street} {number}", f"{number} {street} {unit}"])
        if rng.random() < 0.4:
            return line
        gap = rng.choice([", ", "\n", " "])
        town, code = self._town(rng), rng.randint(1000, 99999)
        region = f"{town}{gap}{rng.choice(_STATES)} {code}"
        return line + gap + rng.choice([town, f"{town} {code}", f"{code} {town}", region])

    def _organisation(self, country: Country, rng: Random) -> str:
        first, second, third = (_drawn(country.surnames, 0.35, rng) for _ in range(3))
        body = rng.choice(_BODIES)
        return rng.choice(
            [
                f"{first} {body}", f"{first}, {second} and {third}", f"{first}-{second}",
                f"{first} {rng.choice(['and', '&'])} {rng.choice(['Sons', 'Partners', 'Daughters'])}",
                self._word(rng) + rng.choice(self.words), f"{self._word(rng)} {body}",
                self._word(rng) + rng.choice(self.words), f"{self._town(rng)} {body}",
            ]
        )  # fmt: skip

    def _word(self, rng: Random) -> str:
        return rng.choice(self.words).title()


def _drawn(names: Sequence[str], invented: float, rng: Random) -> str:
    """One of the names; with that probability one that is made of two."""
    name, other = rng.choice(names), rng.choice(names)
    if rng.random() >= invented or min(len(name), len(other)) < 4 or " " in name + other:
        return name
    return name[: rng.randint(2, len(name) - 2)] + other[rng.randint(1, len(other) - 2) :].lower()


def _retyped(text: str, rng: Random) -> str:
    """As people type: one in eight in lower case, some in capitals, some without accents."""
    if MASK in text:
        return text
    draw = rng.random()
    decomposed = unicodedata.normalize("NFD", text)
    typed = (
        text.lower() if draw < 0.12
        else text.upper() if draw < 0.14
        else "".join(c for c in decomposed if not unicodedata.combining(c)) if draw < 0.2
        else text
    )  # fmt: skip
    return typed if len(typed) == len(text) else text
