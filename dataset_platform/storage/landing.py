"""The landing area: one folder a source, which the platform reads and never writes."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from dataset_platform.storage.store import Store
from dataset_platform.storage.work import digest_of, sha256_of

_SOURCE_NAME = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class Landed:
    """Files of one source: name below the landing area, local path, SHA-256; sorted by name."""

    files: tuple[tuple[str, Path, str], ...]

    @property
    def digest(self) -> str:
        """Changes when a file is added, removed, renamed or changed."""
        return digest_of({name: sha256 for name, _, sha256 in self.files})


def is_source_name(name: str) -> bool:
    """Whether a folder may be a source: its name becomes a partition, a file name and a part of keys."""
    return _SOURCE_NAME.fullmatch(name) is not None


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
    return {source: _digest_of_listing(listing) for source, listing in sorted(listings.items())}


def departed(known: Collection[str], landed: Collection[str]) -> list[str]:
    """Known sources without a file in the landing area, sorted.

    An empty landing area is taken for one that is not mounted: nothing has left it.
    """
    return sorted(set(known) - set(landed)) if landed else []


def _digest_of_listing(tags: Mapping[str, str]) -> str:
    """Of any names at all: JSON escapes what is no valid text."""
    return hashlib.sha256(json.dumps(tags, sort_keys=True).encode()).hexdigest()
