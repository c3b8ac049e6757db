"""The chosen storage, tried for real: each thing that the platform asks of it, once.

Probes lie below `<exports>/.staging/doctor-<id>/`, where no reader looks; they are deleted at
the end, and `storage gc` takes those of a doctor that was killed.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from dataset_platform.diagnosis.clock import clock_skew
from dataset_platform.diagnosis.finding import Finding, Health, failed, ok
from dataset_platform.errors import AlreadyPublished, PlatformError, StorageError
from dataset_platform.settings import Settings, StorageBackend
from dataset_platform.storage.bucket import Bucket
from dataset_platform.storage.files import describe
from dataset_platform.storage.objects import ObjectStore
from dataset_platform.storage.opening import open_bucket, open_store
from dataset_platform.storage.store import STAGING, Store

PROBE_BYTES = 64 << 10
PATIENCE_S = 5.0  # a doctor does not wait for a server that is down
ON_DISK = "let this user read and write there, or set DATASET_STORAGE_LOCAL_PATH to another folder"
IN_A_CLOUD = "see docs/storage.md: Least privilege for what is lacking, Troubleshooting for the rest"


def diagnose_storage(settings: Settings) -> Iterator[Finding]:
    """One finding for each thing that storage has to do; the clock's is the server's, where there is one."""
    impatient = settings.model_copy(update={"storage_retry_s": min(settings.storage_retry_s, PATIENCE_S)})
    remedy = ON_DISK if settings.storage_backend is StorageBackend.LOCAL else IN_A_CLOUD
    store: Store | None = None

    def reach() -> str:
        nonlocal store
        store = open_store(impatient)
        return f"{settings.storage_backend} at {store.url(settings.exports_prefix)}"

    if settings.storage_backend is not StorageBackend.LOCAL:
        yield from _server_clock(lambda: open_bucket(impatient))
    yield _tried("storage", reach, remedy)
    if store is not None:
        yield from examine(store, settings.exports_prefix, remedy)


def examine(store: Store, place: str, remedy: str) -> Iterator[Finding]:
    """Lists, writes, reads back, creates twice and deletes below the place; leaves nothing there."""
    probe = _Probe(store, f"{place}/{STAGING}/doctor-{uuid4().hex}")
    yield _tried("storage list", lambda: probe.look(place), remedy)
    written = _tried("storage write", probe.write, remedy)
    yield written
    yield _tried("storage read", probe.read, remedy)
    if written.health is Health.OK:
        yield _tried("storage create once", probe.create_once, remedy)
    if written.health is Health.OK and isinstance(store, ObjectStore):
        yield _tried("storage parts", probe.parts, remedy)
    yield _tried(
        "storage delete", probe.delete, f"{remedy}; then `dataset-platform storage gc` takes what is left"
    )


@dataclass
class _Probe:
    """What is asked of the store; each method says what it found or raises what the store raised."""

    store: Store
    home: str

    def __post_init__(self) -> None:
        self.content = os.urandom(PROBE_BYTES)
        self.key = f"{self.home}/written"

    def look(self, place: str) -> str:
        first = next(iter(self.store.list(place)), None)
        return f"{place}/ has objects" if first else f"{place}/ is empty"

    def write(self) -> str:
        self.store.replace(self.key, self.content)
        return f"{PROBE_BYTES >> 10} KiB"

    def read(self) -> str:
        try:
            found = self.store.read(self.key)
        except FileNotFoundError:
            return "allowed; there was nothing to read back"
        if found != self.content:
            raise StorageError(f"{self.store.url(self.key)}: other bytes came back than were written")
        if isinstance(self.store, ObjectStore):
            self._require_metadata(self.store.bucket)
        return f"{PROBE_BYTES >> 10} KiB with the SHA-256 that was written"

    def _require_metadata(self, bucket: Bucket) -> None:
        head = bucket.head(self.key)
        if head is None or head.sha256 != hashlib.sha256(self.content).hexdigest():
            raise StorageError(
                f"{self.store.url(self.key)}: the store did not keep the metadata of an object, "
                "so damage could not be found on reading"
            )

    def create_once(self) -> str:
        created = self._create_twice(f"{self.home}/once")
        if created != [True, False]:
            raise StorageError(
                f"{self.store.url(self.home)}: creating one object twice gave {created}, but the second has "
                "to be refused (S3: If-None-Match, GCS: if_generation_match); this store cannot hold releases"
            )
        return "the second writer was refused"

    def _create_twice(self, key: str) -> list[bool]:
        if isinstance(self.store, ObjectStore):
            bucket = self.store.bucket
            return [bucket.create(key, content, {}) for content in (b"first", b"second")]
        return [self._publish(key), self._publish(key)]

    def _publish(self, key: str) -> bool:
        with self.store.staging() as folder:
            (folder / "probe").write_bytes(b"probe")
            try:
                self.store.publish(folder, key, [*describe(folder)], {})
            except AlreadyPublished:
                return False
        return True

    def parts(self) -> str:
        """Large files are sent so; what must be allowed is more than to write."""
        store = self.store
        found = store.bucket.try_parts(f"{self.home}/parts") if isinstance(store, ObjectStore) else None
        if found == 0:
            raise StorageError(
                f"{store.url(self.home)}: an upload in parts that was begun is not listed, so "
                "`storage gc` could not find those that break off"
            )
        return "an upload was begun, found and given up" if found else "not needed here"

    def delete(self) -> str:
        keys = [stored.key for stored in self.store.list(self.home)]
        self.store.delete(keys or [self.key])
        left = [stored.key for stored in self.store.list(self.home)]
        if left:
            raise StorageError(f"{self.store.url(self.home)}: {len(left)} objects are still there")
        return "nothing is left of these probes"


def _tried(check: str, action: Callable[[], str], remedy: str) -> Finding:
    """What the action found and how long it took, or what it met."""
    started = time.monotonic()
    try:
        detail = action()
    except PlatformError as error:
        return failed(check, str(error), remedy)
    except OSError as error:
        return failed(check, f"{error.filename}: {error.strerror}", remedy)
    return ok(check, f"{detail} ({1e3 * (time.monotonic() - started):,.0f} ms)")


def _server_clock(bucket: Callable[[], Bucket]) -> Iterator[Finding]:
    try:
        endpoint = bucket().endpoint
    except PlatformError:
        return  # the next finding says why
    yield clock_skew(endpoint)
