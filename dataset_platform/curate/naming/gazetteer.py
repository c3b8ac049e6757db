"""Names of towns of 1,000 people or more by hash, from GeoNames (geonames.org, CC BY 4.0)."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset_platform.curate.naming.lexicon import hashed

PACKAGED = "towns.npz"
FEWEST_PEOPLE = 1000


@dataclass(frozen=True)
class Gazetteer:
    """The sorted CRC-32 hashes of the towns' names in lower case, as written and without accents."""

    hashes: NDArray[np.uint32]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Gazetteer":
        lower = {name.lower() for name in names}
        return cls(
            np.array(sorted({hashed(form) for name in lower for form in (name, _bare(name))}), np.uint32)
        )

    def knows(self, town: str) -> bool:
        """Whether a town has the name, in any case; of other words one in 30,000 is taken for a town."""
        return hashed(town.lower()) in self._known

    @cached_property
    def _known(self) -> frozenset[int]:
        return frozenset(self.hashes.tolist())

    def write(self, path: Path) -> Path:
        """Writes the gaps between hashes, which take three quarters of their room; same names, same bytes."""
        np.savez_compressed(path, gaps=np.diff(self.hashes, prepend=np.uint32(0)))
        return path


@cache
def packaged_gazetteer() -> Gazetteer:
    """The gazetteer that ships, read once a process."""
    with resources.files(__package__).joinpath(PACKAGED).open("rb") as file:
        return Gazetteer(np.cumsum(np.load(file, allow_pickle=False)["gaps"], dtype=np.uint32))


def _bare(name: str) -> str:
    """The name without accents, as many type it."""
    return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
