"""Names of the US Census of 1990 by hash, and how much likelier each is a person's than an ordinary word.

The sweep for names that masking left behind knows names from here: masking has other lists.
"""

import math
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PACKAGED = "census_names.npz"
_GIVEN, _SURNAMES = ("dist.female.first", "dist.male.first"), "dist.all.last"
_WORDS = "frequency_dictionary_en_82_765.txt"
# People are called by their given names more often than by their surnames.
_SURNAMES_COUNT = 0.25
# A word that no dictionary has is taken to be as rare as this.
_RAREST_WORD = 1e-6


@dataclass(frozen=True)
class Name:
    """Tenths of log10 of how much likelier the word is a name, and whether it is a given one."""

    likelihood: int
    given: bool


@dataclass(frozen=True)
class CensusNames:
    """Names in lower case by their sorted CRC-32; no word is stored."""

    hashes: NDArray[np.uint32]
    likelihoods: NDArray[np.uint8]
    given: NDArray[np.bool_]

    def get(self, word: str) -> Name | None:
        """What is known of a word in lower case; None if it is no name, or likelier an ordinary word."""
        return self._names.get(zlib.crc32(word.encode()))

    @cached_property
    def _names(self) -> Mapping[int, Name]:
        columns = (self.hashes.tolist(), self.likelihoods.tolist(), self.given.tolist())
        return {key: Name(likelihood, given) for key, likelihood, given in zip(*columns, strict=True)}

    def write(self, path: Path) -> Path:
        """Writes the names; the same names give the same bytes."""
        np.savez_compressed(path, hashes=self.hashes, likelihoods=self.likelihoods, given=self.given)
        return path


def gathered() -> CensusNames:
    """From the packages names (MIT; the Census' public lists) and symspellpy (MIT; frequencies of words).

    ModuleNotFoundError names the package of the extra `fitting` that is missing.
    """
    given: defaultdict[str, float] = defaultdict(float)
    for name, percent in (entry for file in _GIVEN for entry in _census(file)):
        given[name] += percent / 100
    said = given.copy()
    for name, percent in _census(_SURNAMES):
        said[name] += _SURNAMES_COUNT * percent / 100
    words = resources.files("symspellpy").joinpath(_WORDS).read_text("utf-8-sig").split()
    counts = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    n_words = sum(counts.values())
    tenths = {
        name: math.floor(10 * math.log10(share / (counts.get(name, 0) / n_words + _RAREST_WORD)))
        for name, share in said.items()
        if share and len(name) > 1
    }
    rows = sorted(
        (zlib.crc32(name.encode()), likelihood, name in given)
        for name, likelihood in tenths.items()
        if likelihood >= 0
    )
    hashes, likelihoods, is_given = zip(*rows, strict=True)
    return CensusNames(np.array(hashes, np.uint32), np.array(likelihoods, np.uint8), np.array(is_given, bool))


def _census(file: str) -> Iterator[tuple[str, float]]:
    """Names in lower case, each with the per cent of people who have it."""
    for line in resources.files("names").joinpath(file).read_text("ascii").splitlines():
        name, percent, _, _ = line.split()
        yield name.lower(), float(percent)


@cache
def packaged() -> CensusNames:
    """The names that ship with this version, read once a process."""
    with resources.files(__package__).joinpath(PACKAGED).open("rb") as file:
        stored = np.load(file, allow_pickle=False)
        return CensusNames(stored["hashes"], stored["likelihoods"], stored["given"])
