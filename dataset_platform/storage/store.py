"""What every storage backend offers.

Keys are paths below the root, parts joined by `/`. Nothing that a key names
changes under a reader: folders are published whole and once, and only the
small manifests that point at them are replaced, atomically.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dataset_platform.errors import UsageError

_UNSAFE_PART = re.compile(r"^\.{1,2}$|[\x00-\x1f\\]|^$")


@dataclass(frozen=True)
class StoredObject:
    """An object in a store: its key, its size in bytes, and a tag that changes when it is written again."""

    key: str
    bytes: int
    tag: str


class Store(Protocol):
    """A place for bytes."""

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Objects below the prefix, sorted by key; none when nothing is there."""
        ...

    def exists(self, key: str) -> bool: ...

    def read(self, key: str) -> bytes:
        """The content of a small object; raises FileNotFoundError."""
        ...

    def fetch(self, key: str) -> Path:
        """A local file or folder with the content of `key`; raises FileNotFoundError."""
        ...

    def replace(self, key: str, content: bytes) -> None:
        """Puts a small object in one step: readers see the old content or the new."""
        ...

    def staging(self) -> AbstractContextManager[Path]:
        """An empty local folder to write into; removed on exit unless published."""
        ...

    def publish(self, folder: Path, prefix: str) -> None:
        """Moves a staged folder to `prefix`, whole and at once.

        Raises AlreadyPublished when something lies at `prefix`.
        """
        ...

    def url(self, key: str) -> str:
        """Where a person finds `key`."""
        ...


def check_key(key: str) -> str:
    """The key itself; raises UsageError for one that could leave the root."""
    if any(_UNSAFE_PART.search(part) for part in key.split("/")):
        raise UsageError(f"storage key {key!r} is not a plain relative path")
    return key
