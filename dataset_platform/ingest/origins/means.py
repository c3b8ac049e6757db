"""What fetching works with, and what it gives."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset_platform.errors import InputError
from dataset_platform.ingest.landing import LandedFile, select
from dataset_platform.settings import Settings

OnFile = Callable[[str, int, int | None], None]
"""Is told of a transfer's progress: what arrives, bytes there, bytes in all where that is known."""


@dataclass(frozen=True)
class Fetched:
    """A verified file on this machine: its name below the source's folder, and its SHA-256."""

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class Means:
    """Where copies are kept, how much may come, whether plain http is accepted, and who is told of it."""

    settings: Settings
    allow_http: bool = False
    on_file: OnFile = lambda _name, _done, _total: None

    @property
    def cache(self) -> Path:
        return self.settings.cache / "origins"

    @property
    def max_bytes(self) -> int:
        return int(self.settings.fetch_max_gb * 1e9)

    def require_room(self, what: str, total: int) -> None:
        """Raises InputError when an origin would bring more than the settings allow."""
        if total > self.max_bytes:
            raise InputError(
                f"{what}: more than {self.settings.fetch_max_gb:g} GB; raise DATASET_FETCH_MAX_GB to fetch it"
            )


def chosen(source: str, globs: Sequence[str], names: Iterable[str]) -> list[str]:
    """The remote names that a glob matches, sorted.

    Raises InputError for one that could not be the name of a file in the landing area, and when none is left.
    """
    files = [LandedFile.at(f"{source}/{name}", Path(name)) for name in names]
    kept = [file.name.removeprefix(f"{source}/") for file in select(source, globs, files)]
    if not kept:
        raise InputError(
            f"origin of {source}: none of {len(files)} files matches `files` ({', '.join(globs)})"
        )
    return kept
