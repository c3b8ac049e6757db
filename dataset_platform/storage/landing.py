"""The landing area: one folder a source, which the platform reads and never writes."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from dataset_platform.errors import InputError
from dataset_platform.storage.store import Store, StoredObject, is_plain
from dataset_platform.storage.work import digest_of, sha256_of

_INDEX: TypeAdapter[list[tuple[str, str, str]]] = TypeAdapter(list[tuple[str, str, str]])
_SOURCE_NAME = re.compile(r"[a-z0-9_]+")
OWN_NAMES = ("heldout", "reviews", "sources")
"""What the names of the project's own files begin with in a lock, beside those of source files."""
SOURCE_NAMES = (
    f"the name of a source has lower-case letters, digits and `_`, and is not {', '.join(OWN_NAMES)}"
)


@dataclass(frozen=True)
class LandedObject:
    """A file of a source: its name below the landing area, its SHA-256, and how to get it here."""

    name: str
    sha256: str
    fetch: Callable[[], Path]


@dataclass(frozen=True)
class Landed:
    """Files of one source, sorted by name."""

    files: tuple[LandedObject, ...]

    @property
    def digest(self) -> str:
        """Changes when a file is added, removed, renamed or changed."""
        return digest_of({file.name: file.sha256 for file in self.files})


def is_source_name(name: str) -> bool:
    """Whether a folder may be a source: its name becomes a partition, a file name and a part of keys."""
    return _SOURCE_NAME.fullmatch(name) is not None and name not in OWN_NAMES


def landed_files(
    store: Store,
    landing_prefix: str,
    source: str,
    index_key: str,
    listed: Sequence[StoredObject] | None = None,
) -> Landed:
    """All files of a source that lie in the landing area, or those `listed` there just now.

    The object at `index_key` remembers the SHA-256 of every file by the store's tag; only files whose
    tag is not there are fetched and hashed. It may be deleted at any time. Raises InputError for names
    that are not plain, and when a file cannot be read or is replaced meanwhile.
    """
    listed = list(store.list(f"{landing_prefix}/{source}")) if listed is None else listed
    require_plain_names(stored.key.removeprefix(f"{landing_prefix}/") for stored in listed)
    known = _remembered(store, index_key)
    files = []
    for stored in listed:
        fetch = cache(partial(fetched_raw, store, stored.key))
        sha256 = known.get((stored.key, stored.tag)) or sha256_of(fetch())
        files.append(LandedObject(stored.key.removeprefix(f"{landing_prefix}/"), sha256, fetch))
    digests = {(stored.key, stored.tag): file.sha256 for stored, file in zip(listed, files, strict=True)}
    if digests.keys() - known.keys():
        _require_unchanged(store, f"{landing_prefix}/{source}", listed)
    if digests != known:
        store.replace(index_key, _INDEX.dump_json([(*place, sha256) for place, sha256 in digests.items()]))
    return Landed(tuple(files))


def require_plain_names(names: Iterable[str]) -> None:
    """Raises InputError that lists every name which could mean another file, or no text at all."""
    wrong = [repr(name) for name in names if not is_plain(name)]
    if wrong:
        forbidden = "`.`, `..`, `\\`, control characters or bytes that are not UTF-8"
        files = "file" if len(wrong) == 1 else "files"
        raise InputError(f"{', '.join(wrong)}: a file name may not hold {forbidden}. Rename the {files}.")


def fetched_raw(store: Store, key: str) -> Path:
    """A listed file of the landing area on this machine; raises InputError where it cannot be read."""
    url = store.url(key)
    try:
        path = store.fetch(key)
        if not path.is_file():
            raise InputError(f"{url}: not a file that can be read; take it out of the landing area")
        path.open("rb").close()
    except FileNotFoundError:
        raise InputError(f"{url}: a link that leads nowhere; remove it or put the file there") from None
    except PermissionError as error:
        raise InputError(f"{url}: cannot be read ({error.strerror}); let this user read it") from None
    return path


def _remembered(store: Store, index_key: str) -> dict[tuple[str, str], str]:
    """SHA-256 by key and tag; nothing where there is no index, or none of this version."""
    try:
        return {(key, tag): sha256 for key, tag, sha256 in _INDEX.validate_json(store.read(index_key))}
    except (FileNotFoundError, ValidationError):
        return {}


def _require_unchanged(store: Store, prefix: str, listed: Sequence[StoredObject]) -> None:
    """A digest belongs to the tag that was listed only if the file was not replaced in between."""
    after = {stored.key: stored.tag for stored in store.list(prefix)}
    for stored in listed:
        if after.get(stored.key) != stored.tag:
            raise InputError(
                f"{store.url(stored.key)}: changed while it was read; run again when it is complete"
            )


def listed_sources(store: Store, landing_prefix: str) -> dict[str, list[StoredObject]]:
    """Each source folder with its files, sorted by name, from one listing of the landing area."""
    listings: dict[str, list[StoredObject]] = {}
    for stored in store.list(landing_prefix):
        source, _, name = stored.key.removeprefix(f"{landing_prefix}/").partition("/")
        if name:
            listings.setdefault(source, []).append(stored)
    return dict(sorted(listings.items()))


def stray_files(store: Store, landing_prefix: str) -> list[str]:
    """Files beside the folders of sources, which belong to none; `.DS_Store` and its like are none."""
    names = (stored.key.removeprefix(f"{landing_prefix}/") for stored in store.list(landing_prefix))
    return sorted(name for name in names if "/" not in name and not name.startswith("."))


def landed_sources(store: Store, landing_prefix: str) -> dict[str, str]:
    """Each source folder with a digest of its listing, sorted by name; no file is opened."""
    return {
        source: _digest_of_listing(
            {stored.key.removeprefix(f"{landing_prefix}/{source}/"): stored.tag for stored in listing}
        )
        for source, listing in listed_sources(store, landing_prefix).items()
    }


def departed(known: Collection[str], landed: Collection[str]) -> list[str]:
    """Known sources without a file in the landing area, sorted.

    An empty landing area is taken for one that is not mounted: nothing has left it.
    """
    return sorted(set(known) - set(landed)) if landed else []


def _digest_of_listing(tags: Mapping[str, str]) -> str:
    """Of any names at all: JSON escapes what is no valid text."""
    return hashlib.sha256(json.dumps(tags, sort_keys=True).encode()).hexdigest()
