"""Work that is done once for the same inputs, and the folder of files it leaves.

Every asset's result is a folder of files, named by their digest, and one small
manifest `<prefix>/manifest.json` with the SHA-256 of each of them. The folder is
published first, the manifest replaced last: readers see the old result or the new
one. The manifest holds the work's key, the digest of all that the result depends
on: work whose key is there already is not done again.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import rfc8785
from pydantic import BaseModel, ConfigDict

from dataset_platform.errors import AlreadyPublished, VerificationFailed
from dataset_platform.storage.store import Store

MANIFEST = "manifest.json"


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


class File(BaseModel):
    """A file of a result; `rows` is null for files that are not Parquet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    bytes: int
    sha256: str
    rows: int | None = None


class FolderManifest(BaseModel):
    """What lies in a result's folder, and what it was made from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    inputs: dict[str, str]
    folder: str
    files: tuple[File, ...]

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


def digest_of(parts: Mapping[str, str]) -> str:
    """Hex of SHA-256 over the mapping's canonical JSON (RFC 8785)."""
    return hashlib.sha256(rfc8785.dumps(dict(parts))).hexdigest()


def commit(store: Store, prefix: str, work: Work) -> tuple[FolderManifest, bool]:
    """The manifest of the work's result, and whether it was there before."""
    current = read_manifest(store, prefix)
    if current and current.key == work.key and not damaged(store, prefix, current):
        return current, True
    with store.staging() as folder:
        work.build(folder)
        manifest = _publish(store, prefix, folder, work)
    store.replace(f"{prefix}/{MANIFEST}", manifest.model_dump_json(indent=1).encode())
    return manifest, False


def _publish(store: Store, prefix: str, folder: Path, work: Work) -> FolderManifest:
    """The manifest of the staged folder, which lies below the prefix now."""
    files = tuple(_describe(folder))
    digest = digest_of({file.name: file.sha256 for file in files})
    manifest = FolderManifest(key=work.key, inputs=dict(work.inputs), folder=digest[:16], files=files)
    try:
        store.publish(folder, home_key(prefix, manifest))
    except AlreadyPublished:
        # The same bytes lie there from an attempt that stopped before its
        # manifest. Where somebody damaged them since, these take another place.
        if damaged(store, prefix, manifest):
            manifest = manifest.model_copy(update={"folder": f"{manifest.folder}-{uuid4().hex[:8]}"})
            store.publish(folder, home_key(prefix, manifest))
    return manifest


def read_manifest(store: Store, prefix: str) -> FolderManifest | None:
    """The current manifest below the prefix; None where nothing was committed yet."""
    try:
        content = store.read(f"{prefix}/{MANIFEST}")
    except FileNotFoundError:
        return None
    return FolderManifest.model_validate_json(content)


def open_folder(store: Store, prefix: str) -> Folder | None:
    """The current result below the prefix; None where nothing was committed yet.

    Raises VerificationFailed when a file differs from its manifest.
    """
    manifest = read_manifest(store, prefix)
    if manifest is None:
        return None
    wrong = damaged(store, prefix, manifest)
    if wrong:
        raise VerificationFailed(
            f"{store.url(prefix)}: {', '.join(wrong)} differ from the manifest; materialise the asset again"
        )
    return Folder(store.fetch(home_key(prefix, manifest)), manifest)


def damaged(store: Store, prefix: str, manifest: FolderManifest) -> list[str]:
    """Names of the files that are missing or whose SHA-256 is not the manifest's."""
    home = home_key(prefix, manifest)
    return [file.name for file in manifest.files if not _is_intact(store, f"{home}/{file.name}", file)]


def home_key(prefix: str, manifest: FolderManifest) -> str:
    """Storage key of the folder that holds the result's files."""
    return f"{prefix}/{manifest.folder}"


def file_keys(prefix: str, manifest: FolderManifest) -> list[str]:
    """Storage keys of the result's files, sorted by name."""
    return [f"{home_key(prefix, manifest)}/{file.name}" for file in manifest.files]


def _is_intact(store: Store, key: str, expected: File) -> bool:
    try:
        return sha256_of(store.fetch(key)) == expected.sha256
    except FileNotFoundError:
        return False


def sha256_of(path: Path) -> str:
    """Hex of a file's SHA-256."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _describe(folder: Path) -> Iterator[File]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield File(
            name=path.relative_to(folder).as_posix(),
            bytes=path.stat().st_size,
            sha256=sha256_of(path),
            rows=pq.read_metadata(path).num_rows if path.suffix == ".parquet" else None,
        )
