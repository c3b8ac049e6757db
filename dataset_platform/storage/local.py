"""Storage on a local disk."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from dataset_platform.errors import AlreadyPublished
from dataset_platform.storage.store import StoredObject, check_key

STAGING = ".staging"
LOCK = ".lock"


class LocalStore:
    """A folder on a local disk; publishing is one rename within its file system."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def list(self, prefix: str) -> Iterator[StoredObject]:
        top = self._path(prefix)
        keys = (
            (Path(folder, name).relative_to(self.root).as_posix(), Path(folder, name))
            for folder, _, names in os.walk(top)
            for name in names
        )
        for key, path in sorted(keys):
            try:
                status = path.lstat()
            except FileNotFoundError:  # it left while the folders were walked
                continue
            yield StoredObject(key, status.st_size, _tag(status) + _tag_of_target(path, status))

    def exists(self, key: str) -> bool:
        return self._path(key).exists()

    def read(self, key: str) -> bytes:
        return self._path(key).read_bytes()

    def fetch(self, key: str) -> Path:
        path = self._path(key)
        path.stat()
        return path

    def replace(self, key: str, content: bytes) -> None:
        target = self._path(key)
        _make_private_folder(target.parent)
        with self.staging() as folder:
            source = folder / target.name
            source.write_bytes(content)
            _flush(source)
            os.replace(source, target)
        _flush(target.parent)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        parent = self.root / STAGING
        _make_private_folder(parent)
        _remove_abandoned(parent)
        name = uuid4().hex
        with FileLock(parent / f"{name}{LOCK}"):
            folder = parent / name
            folder.mkdir(mode=0o700)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                (parent / f"{name}{LOCK}").unlink(missing_ok=True)

    def publish(self, folder: Path, prefix: str) -> None:
        target = self._path(prefix)
        _make_private_folder(target.parent)
        for path in folder.rglob("*"):
            _flush(path)
        _flush(folder)
        try:
            os.rename(folder, target)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise AlreadyPublished(f"{self.url(prefix)} exists already") from None
            raise
        _flush(target.parent)

    def url(self, key: str) -> str:
        path = self._path(key)
        return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)


def _remove_abandoned(parent: Path) -> None:
    """Removes what killed processes staged: the lock of a living one cannot be taken."""
    for path in parent.glob(f"*{LOCK}"):
        try:
            with FileLock(path, blocking=False):
                shutil.rmtree(path.with_suffix(""), ignore_errors=True)
                path.unlink(missing_ok=True)
        except Timeout:
            continue


def _tag(status: os.stat_result) -> str:
    """Changes with every write, even one that puts the modification time back as `cp -p` and `touch` do."""
    parts = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return "-".join(map(str, parts))


def _tag_of_target(path: Path, status: os.stat_result) -> str:
    """What a link leads to changes without the link."""
    if not stat.S_ISLNK(status.st_mode) or not path.exists():
        return ""
    return f">{_tag(path.stat())}"


def _make_private_folder(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def _flush(path: Path) -> None:
    """Forces a file's or folder's content to the disk, so that a rename never outruns it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
