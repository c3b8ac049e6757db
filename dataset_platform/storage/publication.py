"""How a folder is published once in a store that can replace single objects only.

1. All files are uploaded to `<parent>/.staging/<attempt>/`, where no reader looks.
2. One small claim, `<parent>/.claims/<name>.json`, is created unless there is one: the moment
   of decision. It names the attempt and every file with its SHA-256. Whoever comes second lost.
3. The store copies the files to where readers look, the manifest last.

A writer that dies before 2 leaves garbage; one that dies after it leaves a claim, by which any
later reader or writer takes step 3 again: it changes nothing that is done.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from dataset_platform.errors import AlreadyPublished, StorageError
from dataset_platform.storage.bucket import Bucket, Head
from dataset_platform.storage.files import File
from dataset_platform.storage.store import CLAIMS, STAGING, Labels, OnBytes
from dataset_platform.storage.transfer import Upload, in_parallel, require_digest, upload_all


class Claim(BaseModel):
    """Who publishes a folder, and what it holds; the last file is the one that readers look for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempt: str
    files: tuple[File, ...]


def publish(
    bucket: Bucket,
    folder: Path,
    prefix: str,
    files: Sequence[File],
    labels: Labels,
    on_bytes: OnBytes | None = None,
) -> None:
    """Publishes the files of a local folder; raises AlreadyPublished when another writer was first."""
    claim = Claim(attempt=uuid4().hex, files=tuple(files))
    uploads = [
        Upload(folder / f.name, _staged(prefix, claim, f), f.bytes, labels_of(f, labels)) for f in files
    ]
    if complete(bucket, prefix):
        raise AlreadyPublished(f"{bucket.url(prefix)} exists already")
    upload_all(bucket, uploads, on_bytes)
    content = claim.model_dump_json(indent=1).encode()
    bucket.create(claim_key(prefix), content, {"sha256": hashlib.sha256(content).hexdigest()})
    won = read_claim(bucket, prefix) == claim
    if not won:
        bucket.delete([upload.key for upload in uploads])
    complete(bucket, prefix)
    if not won:
        raise AlreadyPublished(f"{bucket.url(prefix)} was published by another run just now")


def complete(bucket: Bucket, prefix: str) -> bool:
    """Whether a folder is published at the prefix, after finishing a publication that was cut short."""
    claim = read_claim(bucket, prefix)
    if claim is None:
        return False
    *data, manifest = claim.files
    if not _arrived(bucket, prefix, manifest):
        in_parallel(lambda file: _copy(bucket, prefix, claim, file), data, bucket.requests_at_once)
        _copy(bucket, prefix, claim, manifest)
        bucket.delete([_staged(prefix, claim, file) for file in claim.files])
    return True


def read_claim(bucket: Bucket, prefix: str) -> Claim | None:
    """The claim on the prefix; None while nobody has published there."""
    key = claim_key(prefix)
    try:
        content, head = bucket.read(key)
    except FileNotFoundError:
        return None
    require_digest(bucket.url(key), hashlib.sha256(content).hexdigest(), head.sha256)
    return Claim.model_validate_json(content)


def claim_key(prefix: str) -> str:
    """Key of the object that decides who publishes at the prefix."""
    parent, _, name = prefix.rpartition("/")
    return f"{parent}/{CLAIMS}/{name}.json".lstrip("/")


def holds(head: Head | None, file: File) -> bool:
    """Whether an object is there whose writer put this file's content into it."""
    return head is not None and head.stored.bytes == file.bytes and head.sha256 == file.sha256


def labels_of(file: File, labels: Labels) -> dict[str, str]:
    """What is stored with the file's object: what the writer says of all files, and the file's own facts."""
    rows = {} if file.rows is None else {"rows": str(file.rows)}
    return {**labels, **rows, "sha256": file.sha256}


def _staged(prefix: str, claim: Claim, file: File) -> str:
    parent, _, name = prefix.rpartition("/")
    return f"{parent}/{STAGING}/{name}-{claim.attempt}/{file.name}".lstrip("/")


def _copy(bucket: Bucket, prefix: str, claim: Claim, file: File) -> None:
    """Copies one file to its place; that another process did so meanwhile is no error."""
    if _arrived(bucket, prefix, file):
        return
    try:
        bucket.copy(_staged(prefix, claim, file), f"{prefix}/{file.name}")
    except FileNotFoundError:
        if not _arrived(bucket, prefix, file):
            raise StorageError(
                f"{bucket.url(prefix)}: {file.name} was published and is gone; restore it, or give the "
                "release a new version"
            ) from None


def _arrived(bucket: Bucket, prefix: str, file: File) -> bool:
    return holds(bucket.head(f"{prefix}/{file.name}"), file)
