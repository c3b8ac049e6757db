"""A local cache of objects, named by their content, which several processes share.

blobs/ab/<sha256>     one file for each content, however many objects hold it
folders/<digest>/     hard links to blobs under the names that readers expect
index/ab/<identity>   a version of an object (its address and tag): a link whose target is the SHA-256
partial/              downloads that are under way, or were cut short
leases/<process>      the blobs that a living process uses; its lock dies with it

The least recently used blobs leave when the cache is larger than its limit,
but never one that a living process was given.
"""

import fcntl
import hashlib
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from dataset_platform.storage.files import digest_of, sha256_of
from dataset_platform.storage.staging import make_private_folder
from dataset_platform.storage.store import check_key


class Cache:
    """Blobs below `root`, together no larger than `max_bytes` unless living processes use more."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.root = root
        self.max_bytes = max_bytes
        self._partial = root / "partial"
        self._leased: set[str] = set()
        self._threads = threading.Lock()
        for name in ("blobs", "folders", "index", "partial", "leases"):
            make_private_folder(root / name)
        with self._locked():
            self._used_by_the_living()  # and the leases of the others go
            self._lease = (root / "leases" / uuid4().hex).open("a")
            fcntl.flock(self._lease, fcntl.LOCK_EX)

    def find(self, identity: str) -> str | None:
        """SHA-256 of a version of an object that lies here unharmed, and stays while this process lives."""
        try:
            sha256 = os.readlink(self._index(identity))
        except FileNotFoundError:
            return None
        with self._locked():
            return sha256 if self._take(sha256) else None

    def add(self, path: Path, sha256: str) -> None:
        """Puts a file here, whose content must have that SHA-256.

        A file in `partial` is moved, one of a staged folder linked, one that lies elsewhere copied.
        """
        blob, arriving = self._blob(sha256), path
        if path.parent != self._partial:
            arriving = self.partial(uuid4().hex)
            _link_or_copy(path, arriving, path.is_relative_to(self.root))
        arriving.chmod(0o400)
        with self._locked():
            make_private_folder(blob.parent)
            arriving.replace(blob)
            self._hold(sha256)

    def name(self, contents: Mapping[str, str]) -> None:
        """Lets versions of objects be found here, by the SHA-256 of their content, which was added."""
        with self._locked():
            for identity, sha256 in contents.items():
                index = self._index(identity)
                make_private_folder(index.parent)
                index.unlink(missing_ok=True)
                index.symlink_to(sha256)

    def folder(self, contents: Mapping[str, str]) -> Path:
        """A folder of these names with the contents of these SHA-256s, all of them held by this process.

        Raises UsageError for a name that leaves it: buckets hold what others put there.
        """
        for name in contents:
            check_key(name)
        home = self.root / "folders" / digest_of(contents)
        with self._locked():
            for name, sha256 in contents.items():
                place, blob = home / name, self._blob(sha256)
                if not (place.exists() and place.samefile(blob)):
                    make_private_folder(place.parent)
                    arriving = self.partial(uuid4().hex)
                    os.link(blob, arriving)
                    arriving.replace(place)
        return home

    def partial(self, name: str) -> Path:
        """Where a download grows."""
        return self._partial / name

    def shrink(self) -> None:
        """Removes blobs that no living process uses, least recently used first, until the limit is kept."""
        with self._locked():
            blobs = [(path, path.stat()) for path in self._files("blobs")]
            excess = sum(status.st_size for _, status in blobs) - self.max_bytes
            if excess <= 0:
                return
            used = self._used_by_the_living()
            removed = set()
            for path, status in sorted(blobs, key=lambda blob: blob[1].st_mtime_ns):
                if excess > 0 and path.name not in used:
                    path.unlink()
                    removed.add(status.st_ino)
                    excess -= status.st_size
            for path in self._files("folders"):
                if path.stat().st_ino in removed:
                    path.unlink()

    def _take(self, sha256: str) -> bool:
        """Holds the blob if it is there and, looked at once in a process, still what its name says."""
        blob = self._blob(sha256)
        if not blob.exists():
            return False
        if sha256 not in self._leased and sha256_of(blob) != sha256:
            blob.unlink()
            return False
        os.utime(blob)
        self._hold(sha256)
        return True

    def _hold(self, sha256: str) -> None:
        if sha256 not in self._leased:
            self._lease.write(f"{sha256}\n")
            self._lease.flush()
            self._leased.add(sha256)

    def _used_by_the_living(self) -> set[str]:
        """What living processes hold; the leases of dead ones are removed."""
        used: set[str] = set()
        for path in self._files("leases"):
            with path.open() as lease:
                try:
                    fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    used.update(lease.read().split())
                else:
                    path.unlink()
        return used

    def _files(self, name: str) -> Iterator[Path]:
        return (path for path in (self.root / name).rglob("*") if path.is_file())

    def _blob(self, sha256: str) -> Path:
        return self.root / "blobs" / sha256[:2] / sha256

    def _index(self, identity: str) -> Path:
        name = hashlib.sha256(identity.encode()).hexdigest()
        return self.root / "index" / name[:2] / name

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among all threads and processes; waits in the kernel, where `filelock` would poll."""
        with self._threads, (self.root / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _link_or_copy(path: Path, target: Path, may_link: bool) -> None:
    """A link would let somebody else's later writes into the cache."""
    if may_link:
        os.link(path, target)
    else:
        shutil.copyfile(path, target)
