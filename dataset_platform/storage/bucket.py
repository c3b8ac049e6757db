"""What S3 and GCS have in common: the few verbs that the store over them needs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from dataset_platform.storage.store import Labels, StoredObject


@dataclass(frozen=True)
class Head:
    """What a store says about one object, and what its writer said."""

    stored: StoredObject
    labels: Labels

    @property
    def sha256(self) -> str | None:
        """What the writer hashed; None for objects that others put there."""
        return self.labels.get("sha256")


class Part(BaseModel):
    """What the store said of one part of an upload, and its checksum."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    etag: str
    crc32: str


class Parts(BaseModel):
    """An upload all of which has arrived, and which is no object yet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    parts: tuple[Part, ...]


class Bucket(Protocol):
    """A bucket of an object store. Every error is a StorageError or a UsageError of one line.

    `requests_at_once` is how many threads the client serves well, `parts_at_once` how many of them may
    fetch parts of a large object, which take memory, `large_at_once` how many large files are sent together.
    """

    requests_at_once: int
    parts_at_once: int
    large_at_once: int

    @property
    def endpoint(self) -> str:
        """Address of the server."""
        ...

    def check(self) -> None:
        """Raises UsageError when the bucket is not there, lies elsewhere or may not be listed."""
        ...

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Objects whose key begins with the prefix and `/`, in no certain order."""
        ...

    def head(self, key: str) -> Head | None: ...

    def read(self, key: str) -> tuple[bytes, Head]:
        """The whole of an object; raises FileNotFoundError."""
        ...

    def read_range(self, key: str, start: int, end: int, tag: str) -> Iterator[memoryview]:
        """Bytes `start` up to `end` of that version of the object; StorageError when it was replaced."""
        ...

    def write(self, key: str, content: bytes, labels: Labels) -> None: ...

    def create(self, key: str, content: bytes, labels: Labels) -> bool:
        """Writes the object unless there is one; of many writers one is told True.

        After a connection broke, the winner may be told False: read what was written to know.
        """
        ...

    def upload(self, key: str, path: Path, labels: Labels, on_bytes: Callable[[int], None]) -> None:
        """Makes the file an object; the store checks the bytes that it receives."""
        ...

    def prepare(self, key: str, path: Path, labels: Labels, on_bytes: Callable[[int], None]) -> Parts | None:
        """Uploads the file and shows nobody an object before `complete`; None where this store, or so small
        a file, has to be uploaded elsewhere and copied.
        """
        ...

    def complete(self, key: str, parts: Parts) -> None:
        """Makes what was prepared an object; FileNotFoundError when that was done, or given up, before."""
        ...

    def give_up(self, key: str, upload_id: str) -> None:
        """Removes what was prepared, or broke off while it was; that it is gone is no error."""
        ...

    def unfinished(self, prefix: str) -> Iterator[StoredObject]:
        """Uploads below the prefix that are no objects, by key; the tag is the upload's id."""
        ...

    def try_parts(self, key: str) -> int | None:
        """Begins an upload in parts, looks for it and gives it up: how many it found, None without parts."""
        ...

    def copy(self, source: str, target: str) -> None:
        """Copies an object with its labels within the store; raises FileNotFoundError."""
        ...

    def delete(self, keys: Iterable[str]) -> None: ...

    def url(self, key: str) -> str: ...


def no_answer(url: str, action: str, endpoint: str) -> str:
    """What to tell when a store is down, or breaks off, after all retries."""
    return (
        f"{url}: cannot {action}, as {endpoint} gives no answer or breaks off; "
        "what is stored is whole, and running it again goes on from there"
    )
