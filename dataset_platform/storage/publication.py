"""How a folder is published once in a store that can replace single objects only.

1. The files are uploaded so that no reader sees them: large ones, where the store can, in parts that are
   no object yet, all others to `<parent>/.staging/<attempt>/`.
2. One small claim, `<parent>/.claims/<name>.json`, is created unless there is one: the moment of
   decision. It names the attempt, every file with its SHA-256, and its parts. Whoever comes second lost.
3. The store makes objects of the parts and copies the staged files to where readers look, the manifest last.

A writer that dies before 2 leaves garbage; one that dies after it leaves a claim, by which any
later reader or writer takes step 3 again: it changes nothing that is done.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from dataset_platform.errors import AlreadyPublished, StorageError
from dataset_platform.storage.bucket import Bucket, Head, Parts
from dataset_platform.storage.files import File
from dataset_platform.storage.store import CLAIMS, STAGING, Labels, OnBytes
from dataset_platform.storage.transfer import OnSent, Upload, in_parallel, require_digest, send_all


class Claim(BaseModel):
    """Who publishes a folder, and what it holds; the last file is the one that readers look for.

    `parts` are the uploads to be completed, by the file's name; the other files are staged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempt: str
    files: tuple[File, ...]
    parts: dict[str, Parts] = {}


def publish(
    bucket: Bucket,
    folder: Path,
    prefix: str,
    files: Sequence[File],
    labels: Labels,
    on_bytes: OnBytes | None = None,
) -> None:
    """Publishes the files of a local folder; raises AlreadyPublished when another writer was first."""
    if complete(bucket, prefix):
        raise AlreadyPublished(f"{bucket.url(prefix)} exists already")
    claim = _upload(bucket, folder, prefix, Claim(attempt=uuid4().hex, files=tuple(files)), labels, on_bytes)
    content = claim.model_dump_json(indent=1).encode()
    bucket.create(claim_key(prefix), content, {"sha256": hashlib.sha256(content).hexdigest()})
    if read_claim(bucket, prefix) != claim:
        _withdraw(bucket, prefix, claim)
        complete(bucket, prefix)
        raise AlreadyPublished(f"{bucket.url(prefix)} was published by another run just now")
    _put_in_place(bucket, prefix, claim)


def complete(bucket: Bucket, prefix: str) -> bool:
    """Whether a folder is published at the prefix, after finishing a publication that was cut short."""
    claim = read_claim(bucket, prefix)
    if claim is None:
        return False
    if not _arrived(bucket, prefix, claim.files[-1]):
        _put_in_place(bucket, prefix, claim)
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


def _upload(
    bucket: Bucket, folder: Path, prefix: str, claim: Claim, labels: Labels, on_bytes: OnBytes | None
) -> Claim:
    """The claim with the parts of what was not staged."""
    by_key = {_staged(prefix, claim, file): file for file in claim.files}
    uploads = [Upload(folder / f.name, key, f.bytes, labels_of(f, labels)) for key, f in by_key.items()]

    def send(upload: Upload, on_sent: OnSent) -> Parts | None:
        place = f"{prefix}/{by_key[upload.key].name}"
        parts = bucket.prepare(place, upload.path, upload.labels, on_sent)
        if parts is None:
            bucket.upload(upload.key, upload.path, upload.labels, on_sent)
        return parts

    sent = send_all(bucket, send, uploads, on_bytes)
    return claim.model_copy(
        update={"parts": {by_key[key].name: parts for key, parts in sent.items() if parts}}
    )


def _withdraw(bucket: Bucket, prefix: str, claim: Claim) -> None:
    """Removes what was uploaded for a claim that was not granted."""
    for name, parts in claim.parts.items():
        bucket.give_up(f"{prefix}/{name}", parts.id)
    bucket.delete(_staged_keys(prefix, claim))


def _put_in_place(bucket: Bucket, prefix: str, claim: Claim) -> None:
    """Makes objects of all files where readers look, the manifest last; what is there already stays."""
    listed = {stored.key for stored in bucket.list(prefix)}
    *data, manifest = claim.files
    missing = [
        file for file in data if f"{prefix}/{file.name}" not in listed or not _arrived(bucket, prefix, file)
    ]
    in_parallel(lambda file: _place(bucket, prefix, claim, file), missing, bucket.requests_at_once)
    if not _arrived(bucket, prefix, manifest):
        _place(bucket, prefix, claim, manifest)
    bucket.delete(_staged_keys(prefix, claim))


def _place(bucket: Bucket, prefix: str, claim: Claim, file: File) -> None:
    """Makes one file an object; that another process did so meanwhile is no error."""
    key, parts = f"{prefix}/{file.name}", claim.parts.get(file.name)
    try:
        if parts:
            bucket.complete(key, parts)
        else:
            bucket.copy(_staged(prefix, claim, file), key)
    except FileNotFoundError:
        if not _arrived(bucket, prefix, file):
            raise StorageError(
                f"{bucket.url(prefix)}: {file.name} was published and is gone; restore it, or give the "
                "release a new version"
            ) from None


def _staged_keys(prefix: str, claim: Claim) -> list[str]:
    return [_staged(prefix, claim, file) for file in claim.files if file.name not in claim.parts]


def _arrived(bucket: Bucket, prefix: str, file: File) -> bool:
    return holds(bucket.head(f"{prefix}/{file.name}"), file)
