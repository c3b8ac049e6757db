"""Files to and from an object store: many small ones at once, large ones in parts.

Memory is bounded by the number of parts under way, never by the size of an
object. Requests are retried by the stores' own clients, not here.
"""

import fcntl
import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from dataset_platform.errors import StorageError, VerificationFailed
from dataset_platform.storage.bucket import Bucket, Head
from dataset_platform.storage.cache import Cache
from dataset_platform.storage.store import Labels, OnBytes, StoredObject

PART_BYTES = 8 << 20
HASHED_AT_ONCE = 1 << 20

OnSent = Callable[[int], None]
"""Is told of every so many bytes more that were sent."""


@dataclass(frozen=True)
class Upload:
    """A local file, and the object that it becomes."""

    path: Path
    key: str
    bytes: int
    labels: Labels


Item = TypeVar("Item")
Result = TypeVar("Result")
Sized = TypeVar("Sized", Upload, StoredObject)


class Meter:
    """Adds up what all threads transferred and tells of it."""

    def __init__(self, total: int, on_bytes: OnBytes | None) -> None:
        self._done, self._total, self._on_bytes = 0, total, on_bytes
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        with self._lock:
            self._done += count
            if self._on_bytes:
                self._on_bytes(self._done, self._total)


def upload_all(bucket: Bucket, uploads: Sequence[Upload], on_bytes: OnBytes | None) -> None:
    """Makes every file an object."""

    def send(upload: Upload, on_bytes: OnSent) -> None:
        bucket.upload(upload.key, upload.path, upload.labels, on_bytes)

    send_all(bucket, send, uploads, on_bytes)


def send_all(
    bucket: Bucket,
    send: Callable[[Upload, OnSent], Result],
    uploads: Sequence[Upload],
    on_bytes: OnBytes | None,
) -> dict[str, Result]:
    """What came of each upload, by its key: many small ones side by side, and beside them few large ones."""
    meter = Meter(sum(upload.bytes for upload in uploads), on_bytes)
    small, large = _by_size(uploads)
    with _threads(bucket.requests_at_once) as many, _threads(bucket.large_at_once) as few:
        sending = {
            upload.key: pool.submit(send, upload, meter.add)
            for pool, some in ((many, small), (few, large))
            for upload in some
        }
        return {key: sent.result() for key, sent in sending.items()}


def download_all(
    bucket: Bucket, objects: Sequence[StoredObject], cache: Cache, on_bytes: OnBytes | None
) -> list[str]:
    """SHA-256s of the objects, in order; their content lies in the cache, verified."""
    known = {stored.key: cache.find(identity(bucket, stored)) for stored in objects}
    missing = [stored for stored in objects if known[stored.key] is None]
    meter = Meter(sum(stored.bytes for stored in missing), on_bytes)
    small, large = _by_size(missing)
    arrived = in_parallel(
        lambda stored: _download_small(bucket, stored, cache, meter), small, bucket.requests_at_once
    )
    known |= {stored.key: sha256 for stored, sha256 in zip(small, arrived, strict=True)}
    known |= {stored.key: _download_large(bucket, stored, cache, meter) for stored in large}
    if missing:
        cache.shrink()
    return [str(known[stored.key]) for stored in objects]


def in_parallel(action: Callable[[Item], Result], items: Iterable[Item], workers: int) -> list[Result]:
    """Results in the order of the items; the first error stops what was not begun."""
    with _threads(workers) as pool:
        return list(pool.map(action, items))


def in_order(action: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """As `in_parallel`, each result as soon as those before it are there; no more than `workers` wait."""
    waiting: deque[Future[Result]] = deque()
    with _threads(workers) as pool:
        for item in items:
            waiting.append(pool.submit(action, item))
            if len(waiting) == workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def require_digest(url: str, found: str, expected: str | None) -> None:
    """Raises VerificationFailed when the store gives other bytes than were written."""
    if expected is not None and found != expected:
        raise VerificationFailed(
            f"{url}: the stored bytes have SHA-256 {found}, but {expected} was written; "
            "restore the object, or remove it and make it again"
        )


def identity(bucket: Bucket, stored: StoredObject) -> str:
    """What names this version of the object in the cache."""
    return f"{bucket.url(stored.key)}\n{stored.tag}"


def changed_meanwhile(url: str) -> StorageError:
    return StorageError(f"{url} was replaced while it was read; run it again")


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that begin nothing more once the block has ended, by an error too."""
    pool = ThreadPoolExecutor(count, thread_name_prefix="transfer")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _by_size(items: Sequence[Sized]) -> tuple[list[Sized], list[Sized]]:
    """The items that go in one request, and those that go in parts."""
    return (
        [item for item in items if item.bytes <= PART_BYTES],
        [item for item in items if item.bytes > PART_BYTES],
    )


def _download_small(bucket: Bucket, stored: StoredObject, cache: Cache, meter: Meter) -> str:
    content, head = _read(bucket, stored)
    sha256 = hashlib.sha256(content).hexdigest()
    require_digest(bucket.url(stored.key), sha256, head.sha256)
    partial = cache.partial(uuid4().hex)
    partial.write_bytes(content)
    cache.add(partial, sha256)
    cache.name({identity(bucket, head.stored): sha256})
    meter.add(len(content))
    return sha256


def _read(bucket: Bucket, stored: StoredObject) -> tuple[bytes, Head]:
    """In one request, where what was written with the object is known."""
    if stored.labels is None or not stored.bytes:
        return bucket.read(stored.key)
    content = b"".join(bucket.read_range(stored.key, 0, stored.bytes, stored.tag))
    return content, Head(stored, stored.labels)


def _download_large(bucket: Bucket, stored: StoredObject, cache: Cache, meter: Meter) -> str:
    """Fetches what is missing of a large object; of processes that want the same one, one does."""
    name = identity(bucket, stored)
    partial = cache.partial(hashlib.sha256(name.encode()).hexdigest())
    with partial.open("a+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sha256 = cache.find(name)
        if sha256 is None:
            head = bucket.head(stored.key)
            if head is None or head.stored.tag != stored.tag:
                raise changed_meanwhile(bucket.url(stored.key))
            resumed = _journal(partial).exists()
            sha256 = _receive(bucket, stored, partial, meter)
            if resumed and head.sha256 not in (None, sha256):  # what lay here may be harmed
                _journal(partial).unlink()
                sha256 = _receive(bucket, stored, partial, meter)
            try:
                require_digest(bucket.url(stored.key), sha256, head.sha256)
                cache.add(partial, sha256)
                cache.name({name: sha256})
            finally:
                partial.unlink(missing_ok=True)
                _journal(partial).unlink(missing_ok=True)
    return sha256


def _receive(bucket: Bucket, stored: StoredObject, partial: Path, meter: Meter) -> str:
    """SHA-256 of the whole file, after its missing parts were written into it."""
    parts = range(-(-stored.bytes // PART_BYTES))
    present = set(_journal(partial).read_text().split()) if _journal(partial).exists() else set()
    with partial.open("r+b") as target, _journal(partial).open("a") as journal:
        target.truncate(stored.bytes)

        def receive(part: int) -> tuple[int, int]:
            start = part * PART_BYTES
            end = place = min(start + PART_BYTES, stored.bytes)
            if str(part) not in present:
                place = start
                for content in bucket.read_range(stored.key, start, end, stored.tag):
                    place += os.pwrite(target.fileno(), content, place)
            if place != end:
                raise VerificationFailed(
                    f"{bucket.url(stored.key)}: bytes {start} to {end} are cut short "
                    f"({place - start} of {end - start})"
                )
            os.write(journal.fileno(), f"{part}\n".encode())
            return start, end

        digest = hashlib.sha256()
        for start, end in in_order(receive, parts, bucket.parts_at_once):
            _hash_range(target.fileno(), start, end, digest)
            meter.add(end - start)
    return digest.hexdigest()


def _hash_range(descriptor: int, start: int, end: int, digest: "hashlib._Hash") -> None:
    """Adds bytes of a file that were written just now, so that they are read from memory."""
    block = memoryview(bytearray(min(HASHED_AT_ONCE, end - start)))
    while start < end and (count := os.preadv(descriptor, [block[: end - start]], start)):
        digest.update(block[:count])
        start += count


def _journal(partial: Path) -> Path:
    """Numbers of the parts that have arrived."""
    return partial.with_suffix(".parts")
