"""A store over a bucket of an object store, with a cache on this machine."""

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from dataset_platform.storage import publication
from dataset_platform.storage.bucket import Bucket
from dataset_platform.storage.cache import Cache
from dataset_platform.storage.files import File
from dataset_platform.storage.staging import on_disk, staged_folder
from dataset_platform.storage.store import (
    STAGING,
    Labels,
    OnBytes,
    StoredObject,
    check_files,
    check_key,
    is_hidden,
)
from dataset_platform.storage.transfer import Upload, download_all, identity, require_digest, upload_all


class ObjectStore:
    """S3 or GCS; what is fetched lies in the cache, and what is written is put there, too."""

    def __init__(self, bucket: Bucket, cache: Cache) -> None:
        self.bucket = bucket
        self.cache = cache

    def list(self, prefix: str) -> Iterator[StoredObject]:
        found = self.bucket.list(check_key(prefix))
        for stored in sorted(found, key=lambda stored: stored.key):
            is_folder = stored.key.endswith("/")  # as consoles make them, which no disk lists
            if not is_folder and (is_hidden(prefix) or not is_hidden(stored.key)):
                yield stored

    def exists(self, key: str) -> bool:
        return self.bucket.head(check_key(key)) is not None or publication.complete(self.bucket, key)

    def read(self, key: str) -> bytes:
        content, head = self.bucket.read(check_key(key))
        require_digest(self.url(key), hashlib.sha256(content).hexdigest(), head.labels.get("sha256"))
        return content

    def fetch(self, key: str, on_bytes: OnBytes | None = None) -> Path:
        head = self.bucket.head(check_key(key))
        if head:
            name = key.rpartition("/")[2]
            return self._fetch({name: head.stored}, on_bytes) / name
        publication.complete(self.bucket, key)
        objects = {check_key(stored.key).removeprefix(f"{key}/"): stored for stored in self.list(key)}
        if not objects:
            raise FileNotFoundError(f"{self.url(key)} is not there")
        return self._fetch(objects, on_bytes)

    def replace(self, key: str, content: bytes) -> None:
        labels = {"sha256": hashlib.sha256(content).hexdigest()}
        self.bucket.write(check_key(key), content, labels)

    def put(self, key: str, path: Path, sha256: str, on_bytes: OnBytes | None = None) -> None:
        upload = Upload(path, check_key(key), path.stat().st_size, {"sha256": sha256})
        upload_all(self.bucket, [upload], on_bytes)

    def staging(self) -> AbstractContextManager[Path]:
        return staged_folder(self.cache.root / STAGING)

    def add(
        self,
        folder: Path,
        prefix: str,
        files: Sequence[File],
        labels: Labels,
        on_bytes: OnBytes | None = None,
    ) -> bool:
        check_files(prefix, files)
        present = {stored.key for stored in self.list(prefix)}
        missing = [f for f in files if not self._is_there(f"{prefix}/{f.name}", f, present)]
        uploads = [
            Upload(folder / f.name, f"{prefix}/{f.name}", f.bytes, publication.labels_of(f, labels))
            for f in missing
        ]
        with self._keeping(folder, prefix, missing):
            upload_all(self.bucket, uploads, on_bytes)
        return len(missing) == len(files)

    def publish(
        self,
        folder: Path,
        prefix: str,
        files: Sequence[File],
        labels: Labels,
        on_bytes: OnBytes | None = None,
    ) -> None:
        check_files(prefix, files)
        with self._keeping(folder, check_key(prefix), files):
            publication.publish(self.bucket, folder, prefix, files, labels, on_bytes)

    def delete(self, keys: Iterable[str]) -> None:
        self.bucket.delete([check_key(key) for key in keys])

    def unfinished(self, prefix: str) -> Iterator[StoredObject]:
        return self.bucket.unfinished(check_key(prefix))

    def give_up(self, upload: StoredObject) -> None:
        self.bucket.give_up(upload.key, upload.tag)

    def url(self, key: str) -> str:
        return self.bucket.url(check_key(key))

    def _fetch(self, objects: Mapping[str, StoredObject], on_bytes: OnBytes | None) -> Path:
        """A folder of the cache with the objects under these names."""
        with on_disk(self.cache.root):
            sha256s = download_all(self.bucket, list(objects.values()), self.cache, on_bytes)
            return self.cache.folder(dict(zip(objects, sha256s, strict=True)))

    def _is_there(self, key: str, file: File, present: Container[str]) -> bool:
        return key in present and publication.holds(self.bucket.head(key), file)

    @contextmanager
    def _keeping(self, folder: Path, prefix: str, files: Sequence[File]) -> Iterator[None]:
        """Puts what the block writes into the cache meanwhile, so that it need not be fetched."""

        def keep() -> None:
            for file in files:
                self.cache.add(folder / file.name, file.sha256)

        with ThreadPoolExecutor(1) as beside:
            kept = beside.submit(keep)
            yield
            kept.result()
        stored = {stored.key: stored for stored in self.list(prefix)}
        self.cache.name({identity(self.bucket, stored[f"{prefix}/{f.name}"]): f.sha256 for f in files})
        self.cache.shrink()
