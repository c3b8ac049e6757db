"""What every storage backend offers.

Keys are paths below the root, parts joined by `/`. Nothing that a key names
changes under a reader: folders are laid down whole and once, and only the
small manifests that point at them are replaced, atomically.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from dataset_platform.errors import UsageError
from dataset_platform.storage.files import File

STAGING = ".staging"
CLAIMS = ".claims"

Labels = Mapping[str, str]
"""Facts that are stored with an object: version, run id, asset, rows, SHA-256."""

OnBytes = Callable[[int, int], None]
"""Is told of a transfer's progress: bytes done, bytes in all."""

_UNSAFE_PART = re.compile(r"^\.{1,2}$|[\x00-\x1f\x7f\\\ud800-\udfff]|^$")
_LONGEST_KEY = 1_024


@dataclass(frozen=True)
class StoredObject:
    """An object in a store: its key, its size, and a tag that changes when it is written again.

    `labels` is None where a listing does not tell them.
    """

    key: str
    bytes: int
    tag: str
    modified: datetime
    labels: Labels | None = field(default=None, compare=False, repr=False)


class Store(Protocol):
    """A place for bytes."""

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Objects below the prefix, sorted by key; none when nothing is there.

        What writers stage is left out, unless the prefix names it.
        """
        ...

    def exists(self, key: str) -> bool:
        """Whether an object, or a published folder, lies at `key`.

        A publication that was decided and whose writer died is completed first.
        """
        ...

    def read(self, key: str) -> bytes:
        """The content of a small object; raises FileNotFoundError, or VerificationFailed for other bytes."""
        ...

    def fetch(self, key: str, on_bytes: OnBytes | None = None) -> Path:
        """A local file or folder with the content of `key`, not to be written to.

        Raises FileNotFoundError, or VerificationFailed where the store gives other bytes than were written.
        """
        ...

    def replace(self, key: str, content: bytes) -> None:
        """Puts a small object in one step: readers see the old content or the new."""
        ...

    def put(self, key: str, path: Path, sha256: str, on_bytes: OnBytes | None = None) -> None:
        """Puts a local file of any size, whose SHA-256 is given, in one step as `replace` does."""
        ...

    def staging(self) -> AbstractContextManager[Path]:
        """An empty local folder to write into; removed on exit."""
        ...

    def add(
        self,
        folder: Path,
        prefix: str,
        files: Sequence[File],
        labels: Labels,
        on_bytes: OnBytes | None = None,
    ) -> bool:
        """Lays a staged folder at `prefix`, which names its content; False where some of it lay there before.

        What lies there is left as it is, so that an upload that was cut short goes on where it stopped.
        Nothing points at the folder yet: readers come by a manifest that is replaced afterwards.
        """
        ...

    def publish(
        self,
        folder: Path,
        prefix: str,
        files: Sequence[File],
        labels: Labels,
        on_bytes: OnBytes | None = None,
    ) -> None:
        """Publishes a staged folder at `prefix`, whole, at once and once; of many writers one succeeds.

        The last of `files` is the one that readers look for. Raises AlreadyPublished.
        """
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Removes objects; those that are not there are no error."""
        ...

    def unfinished(self, prefix: str) -> Iterator[StoredObject]:
        """Uploads below the prefix that are no objects yet: as tag their id, as time their newest part's.

        None where the backend has no such thing.
        """
        ...

    def give_up(self, upload: StoredObject) -> None:
        """Removes an unfinished upload; one that is not there is no error."""
        ...

    def url(self, key: str) -> str:
        """Where a person finds `key`."""
        ...


def published_folders(store: Store, parent: str) -> list[str]:
    """Keys of the folders right below `parent`, sorted.

    A publication that was decided and whose writer died is completed first.
    """
    for claim in store.list(f"{parent}/{CLAIMS}"):
        store.exists(f"{parent}/{claim.key.rpartition('/')[2].removesuffix('.json')}")
    inside = (stored.key.removeprefix(f"{parent}/").partition("/") for stored in store.list(parent))
    return sorted({f"{parent}/{name}" for name, slash, _ in inside if slash})


def check_key(key: str) -> str:
    """The key itself; raises UsageError for one that could leave the root or that no store could hold."""
    if not is_plain(key):
        raise UsageError(f"storage key {key!r} is not a plain relative path")
    if len(key.encode()) > _LONGEST_KEY:
        raise UsageError(f"storage key {key[:80]!r}… is longer than {_LONGEST_KEY} bytes")
    return key


def check_files(prefix: str, files: Sequence[File]) -> None:
    """Raises UsageError for a file that could not be stored below the prefix everywhere."""
    for file in files:
        check_key(f"{prefix}/{file.name}")


def is_plain(key: str) -> bool:
    """Whether the key is a path that cannot leave the root and that every store can hold."""
    return not any(_UNSAFE_PART.search(part) for part in key.split("/"))


def is_hidden(key: str) -> bool:
    """Whether the key lies where writers stage and claim, which readers do not look at."""
    return any(part in (STAGING, CLAIMS) for part in key.split("/"))
