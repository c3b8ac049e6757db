"""The landing area: one folder a source, which the platform reads and never writes."""

from dataclasses import dataclass
from pathlib import Path

from dataset_platform.storage.store import Store
from dataset_platform.storage.work import digest_of, sha256_of


@dataclass(frozen=True)
class Landed:
    """Files of one source: name below the landing area, local path, SHA-256; sorted by name."""

    files: tuple[tuple[str, Path, str], ...]

    @property
    def digest(self) -> str:
        """Changes when a file is added, removed, renamed or changed."""
        return digest_of({name: sha256 for name, _, sha256 in self.files})


def landed_files(store: Store, landing_prefix: str, source: str) -> Landed:
    """All files of a source that lie in the landing area."""
    files = []
    for stored in store.list(f"{landing_prefix}/{source}"):
        path = store.fetch(stored.key)
        files.append((stored.key.removeprefix(f"{landing_prefix}/"), path, sha256_of(path)))
    return Landed(tuple(files))


def landed_sources(store: Store, landing_prefix: str) -> dict[str, str]:
    """Each source folder with a digest of its listing, sorted by name; no file is opened."""
    listings: dict[str, dict[str, str]] = {}
    for stored in store.list(landing_prefix):
        source, _, name = stored.key.removeprefix(f"{landing_prefix}/").partition("/")
        if name:
            listings.setdefault(source, {})[name] = stored.tag
    return {source: digest_of(listing) for source, listing in sorted(listings.items())}
