"""Work that is done once for the same inputs, and the folder of files it leaves.

Every asset's result is a folder of files, named by their digest, and one small
manifest `<prefix>/manifest.json` with the SHA-256 of each of them. The folder is
published first, the manifest replaced last: readers see the old result or the new
one. The manifest holds the work's key, the digest of all that the result depends
on: work whose key is there already is not done again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from dataset_platform.errors import VerificationFailed
from dataset_platform.storage.files import File, describe, digest_of, sha256_of
from dataset_platform.storage.store import Labels, OnBytes, Store

MANIFEST = "manifest.json"
# A folder that lay there longer is not pointed at anew: garbage collection may be about to take it.
REUSED_FOR = timedelta(hours=12)


@dataclass(frozen=True)
class Work:
    """A result to be made: what it depends on, and how to write its files.

    `inputs` names every digest, version and setting that the result depends
    on; `build` writes the files into the empty folder that it is given;
    `describe` reads from the committed folder what the UI should show.
    """

    inputs: Mapping[str, str]
    build: Callable[[Path], object]
    describe: Callable[[Path], Mapping[str, Any]] = field(default=lambda _: {})

    @property
    def key(self) -> str:
        return digest_of(self.inputs)


class FolderManifest(BaseModel):
    """What lies in a result's folder, what it was made from, and in which run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    inputs: dict[str, str]
    folder: str
    files: tuple[File, ...]
    labels: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents of all files; equal results have equal digests."""
        return digest_of({file.name: file.sha256 for file in self.files})

    @property
    def rows(self) -> int:
        return sum(file.rows or 0 for file in self.files)

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True)
class Folder:
    """A committed result: its files on this machine, its digest, and what it was made from."""

    path: Path
    manifest: FolderManifest

    @property
    def digest(self) -> str:
        return self.manifest.digest


def commit(
    store: Store, prefix: str, work: Work, labels: Labels | None = None, on_bytes: OnBytes | None = None
) -> tuple[FolderManifest, bool]:
    """The manifest of the work's result, and whether it was there before.

    `labels` is stored in the manifest and with every object.
    """
    current = read_manifest(store, prefix)
    if current and current.key == work.key and not damage(store, prefix, current):
        return current, True
    with store.staging() as folder:
        work.build(folder)
        manifest = _add(store, prefix, folder, work, labels or {}, on_bytes)
    store.replace(f"{prefix}/{MANIFEST}", manifest.model_dump_json(indent=1).encode())
    return manifest, False


def _add(
    store: Store, prefix: str, folder: Path, work: Work, labels: Labels, on_bytes: OnBytes | None
) -> FolderManifest:
    """The manifest of the staged folder, which lies below the prefix now."""
    files = tuple(describe(folder))
    digest = digest_of({file.name: file.sha256 for file in files})
    manifest = FolderManifest(
        key=work.key, inputs=dict(work.inputs), folder=digest[:16], files=files, labels=dict(labels)
    )
    if _is_aged(store, home_key(prefix, manifest)):
        manifest = _elsewhere(manifest)
    fresh = store.add(folder, home_key(prefix, manifest), files, labels, on_bytes)
    if not fresh and damage(store, prefix, manifest):
        # An attempt that stopped before its manifest left the same bytes there.
        # Somebody damaged them since, so these take another place.
        manifest = _elsewhere(manifest)
        store.add(folder, home_key(prefix, manifest), files, labels, on_bytes)
    return manifest


def _is_aged(store: Store, home: str) -> bool:
    """Whether a folder lies there to which nothing was added for long."""
    newest = max((stored.modified for stored in store.list(home)), default=None)
    return newest is not None and datetime.now(UTC) - newest > REUSED_FOR


def _elsewhere(manifest: FolderManifest) -> FolderManifest:
    """The same files in a folder of another name."""
    return manifest.model_copy(update={"folder": f"{manifest.folder.partition('-')[0]}-{uuid4().hex[:8]}"})


def read_manifest(store: Store, prefix: str) -> FolderManifest | None:
    """The current manifest below the prefix; None where nothing was committed yet."""
    try:
        content = store.read(f"{prefix}/{MANIFEST}")
    except FileNotFoundError:
        return None
    return FolderManifest.model_validate_json(content)


def open_folder(store: Store, prefix: str, on_bytes: OnBytes | None = None) -> Folder | None:
    """The current result below the prefix; None where nothing was committed yet.

    Raises VerificationFailed when a file differs from its manifest.
    """
    manifest = read_manifest(store, prefix)
    return fetched(store, prefix, manifest, on_bytes) if manifest else None


def fetched(store: Store, prefix: str, manifest: FolderManifest, on_bytes: OnBytes | None = None) -> Folder:
    """The result with its files on this machine; raises VerificationFailed when one differs."""
    wrong = damage(store, prefix, manifest, on_bytes)
    if wrong:
        raise VerificationFailed(f"{store.url(prefix)}: {'; '.join(wrong)}. Materialise the asset again")
    return Folder(store.fetch(home_key(prefix, manifest)), manifest)


def damage(store: Store, prefix: str, manifest: FolderManifest, on_bytes: OnBytes | None = None) -> list[str]:
    """How the result's files differ from their manifest, a phrase each; empty when they do not."""
    home = home_key(prefix, manifest)
    try:
        folder = store.fetch(home, on_bytes)
    except FileNotFoundError:
        return [f"{home.rpartition('/')[2]} is missing"] if manifest.files else []
    except VerificationFailed as error:
        return [str(error)]
    return [phrase for file in manifest.files if (phrase := _difference(folder / file.name, file))]


def home_key(prefix: str, manifest: FolderManifest) -> str:
    """Storage key of the folder that holds the result's files."""
    return f"{prefix}/{manifest.folder}"


def file_keys(prefix: str, manifest: FolderManifest) -> list[str]:
    """Storage keys of the result's files, sorted by name."""
    return [f"{home_key(prefix, manifest)}/{file.name}" for file in manifest.files]


def _difference(path: Path, expected: File) -> str:
    try:
        found = sha256_of(path)
    except FileNotFoundError:
        return f"{expected.name} differs from the manifest: it is missing"
    if found == expected.sha256:
        return ""
    return f"{expected.name} differs from the manifest: SHA-256 {found}, expected {expected.sha256}"
