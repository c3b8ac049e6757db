"""Storage on a local disk."""

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from dataset_platform.errors import AlreadyPublished, StorageError, refusal
from dataset_platform.storage.files import File, walked
from dataset_platform.storage.staging import make_private, make_private_folder, staged_folder
from dataset_platform.storage.store import (
    STAGING,
    Labels,
    OnBytes,
    StoredObject,
    check_files,
    check_key,
    is_hidden,
)


class LocalStore:
    """A folder on a local disk; publishing is one rename within its file system."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def list(self, prefix: str) -> Iterator[StoredObject]:
        top = self._path(prefix)
        paths = walked(top, self.root, _refuse_hidden_part)
        keys = ((path.relative_to(self.root).as_posix(), path) for path in paths)
        for key, path in sorted(keys):
            if is_hidden(key) and not is_hidden(prefix):
                continue
            try:
                status = path.lstat()
            except FileNotFoundError:  # it left while the folders were walked
                continue
            tag = _tag(status) + _tag_of_target(path, status)
            yield StoredObject(key, status.st_size, tag, datetime.fromtimestamp(status.st_mtime, UTC))

    def exists(self, key: str) -> bool:
        return self._path(key).exists()

    def read(self, key: str) -> bytes:
        return self._path(key).read_bytes()

    def fetch(self, key: str, on_bytes: OnBytes | None = None) -> Path:  # noqa: ARG002  nothing is transferred
        path = self._path(key)
        path.stat()
        return path

    def replace(self, key: str, content: bytes) -> None:
        target = self._path(key)
        with self.staging() as folder:
            make_private_folder(target.parent)
            source = folder / target.name
            source.write_bytes(content)
            source.chmod(0o600)
            _flush(source)
            os.replace(source, target)
        _flush(target.parent)

    def put(self, key: str, path: Path, sha256: str, on_bytes: OnBytes | None = None) -> None:  # noqa: ARG002
        target = self._path(key)
        with self.staging() as folder:
            make_private_folder(target.parent)
            copy = folder / target.name
            shutil.copyfile(path, copy)
            copy.chmod(0o600)
            _flush(copy)
            os.replace(copy, target)
        _flush(target.parent)

    def staging(self) -> AbstractContextManager[Path]:
        return staged_folder(self.root / STAGING)

    def add(
        self,
        folder: Path,
        prefix: str,
        files: Sequence[File],
        labels: Labels,
        on_bytes: OnBytes | None = None,
    ) -> bool:
        try:
            self.publish(folder, prefix, files, labels, on_bytes)
        except AlreadyPublished:
            return False
        return True

    def publish(
        self,
        folder: Path,
        prefix: str,
        files: Sequence[File],
        labels: Labels,  # noqa: ARG002  a disk stores none; the manifest has them
        on_bytes: OnBytes | None = None,  # noqa: ARG002
    ) -> None:
        target = self._path(prefix)
        check_files(prefix, files)
        make_private_folder(target.parent)
        make_private(folder)
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

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            path = self._path(key)
            path.unlink(missing_ok=True)
            for parent in path.relative_to(self.root).parents[:-1]:
                try:
                    (self.root / parent).rmdir()
                except OSError:
                    break

    def unfinished(self, prefix: str) -> Iterator[StoredObject]:  # noqa: ARG002
        return iter(())

    def give_up(self, upload: StoredObject) -> None: ...

    def url(self, key: str) -> str:
        path = self._path(key)
        return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)


def _tag(status: os.stat_result) -> str:
    """Changes with every write, even one that puts the modification time back as `cp -p` and `touch` do."""
    parts = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return "-".join(map(str, parts))


def _tag_of_target(path: Path, status: os.stat_result) -> str:
    """What a link leads to changes without the link."""
    if not stat.S_ISLNK(status.st_mode) or not path.exists():
        return ""
    return f">{_tag(path.stat())}"


def _refuse_hidden_part(error: OSError) -> None:
    """A folder that may not be listed is no empty folder: what lies there would be missing without a word."""
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise StorageError(refusal(error))


def _flush(path: Path) -> None:
    """Forces a file's or folder's content to the disk, so that a rename never outruns it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
