"""Fetched files on their way into the landing area, where nothing of others may be overwritten.

A receipt remembers what was brought there. A file that lies there with other
bytes is replaced only if it is one that was brought.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from pydantic import BaseModel, ConfigDict, ValidationError

from dataset_platform.errors import InputError
from dataset_platform.ingest.origins.description import Origin
from dataset_platform.ingest.origins.means import Fetched, OnFile
from dataset_platform.storage.store import Store


class Outcome(StrEnum):
    """What became of a file in the landing area."""

    ADDED = "added"
    REPLACED = "replaced"
    THERE = "there already"
    LEFT_OVER = "no longer in the origin"


@dataclass(frozen=True)
class Arrival:
    """A file in the landing area: its name below the source's folder, SHA-256, and what became of it."""

    name: str
    sha256: str
    outcome: Outcome


class Receipt(BaseModel):
    """What was ever brought under a name, and the files of the pin that arrived whole the last time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brought: dict[str, tuple[str, ...]] = {}
    pin: str = ""
    files: dict[str, str] = {}

    @classmethod
    def read(cls, store: Store, key: str) -> "Receipt":
        """The receipt at the key; an empty one where there is none."""
        try:
            return cls.model_validate_json(store.read(key))
        except (FileNotFoundError, ValidationError):
            return cls()

    def arrivals(self, origin: Origin, landed: Mapping[str, str]) -> list[Arrival]:
        """All files of the origin if every one of them lies there as it was brought; else none."""
        if self.pin != _pin(origin) or any(landed.get(name) != sha for name, sha in self.files.items()):
            return []
        return [Arrival(name, sha256, Outcome.THERE) for name, sha256 in sorted(self.files.items())]

    def promising(self, files: Sequence[Fetched]) -> "Receipt":
        """The receipt before the files are put there, so that a crash leaves no file that nobody brought."""
        brought = {f.name: (*self.brought.get(f.name, ()), f.sha256) for f in files}
        return Receipt(brought=self.brought | brought)


def arrive(
    origin: Origin,
    files: Sequence[Fetched],
    landed: Mapping[str, str],
    store: Store,
    prefix: str,
    receipt_key: str,
    on_file: OnFile,
) -> list[Arrival]:
    """Puts the files of an origin below the prefix, one after another, each at once and whole.

    `landed` has the SHA-256 of each name that lies there now. What an earlier pin brought and this one
    does not is named and left. Raises InputError, before anything is written, for a file that lies
    there with bytes that nobody brought.
    """
    receipt = Receipt.read(store, receipt_key)
    _refuse_foreign(store.url(prefix), files, landed, receipt)
    plan = [Arrival(file.name, file.sha256, _outcome(file, landed)) for file in files]
    promise = receipt.promising(files)
    store.replace(receipt_key, promise.model_dump_json(indent=1).encode())
    for file, arrival in zip(files, plan, strict=True):
        if arrival.outcome is not Outcome.THERE:
            store.put(f"{prefix}/{file.name}", file.path, file.sha256, partial(on_file, file.name))
    whole = promise.model_copy(
        update={"pin": _pin(origin), "files": {file.name: file.sha256 for file in files}}
    )
    store.replace(receipt_key, whole.model_dump_json(indent=1).encode())
    return [*plan, *_left_over(whole, landed)]


def _pin(origin: Origin) -> str:
    return hashlib.sha256(origin.model_dump_json().encode()).hexdigest()


def _outcome(file: Fetched, landed: Mapping[str, str]) -> Outcome:
    if file.name not in landed:
        return Outcome.ADDED
    return Outcome.THERE if landed[file.name] == file.sha256 else Outcome.REPLACED


def _refuse_foreign(
    place: str, files: Sequence[Fetched], landed: Mapping[str, str], receipt: Receipt
) -> None:
    foreign = [
        file.name
        for file in files
        if landed.get(file.name, file.sha256) not in (file.sha256, *receipt.brought.get(file.name, ()))
    ]
    if foreign:
        raise InputError(
            f"{place}: {', '.join(foreign)} differ from the origin and did not come from it; "
            "move them away, then fetch again"
        )


def _left_over(receipt: Receipt, landed: Mapping[str, str]) -> Iterator[Arrival]:
    for name, brought in sorted(receipt.brought.items()):
        if name not in receipt.files and landed.get(name) in brought:
            yield Arrival(name, landed[name], Outcome.LEFT_OVER)
