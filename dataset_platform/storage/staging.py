"""Folders to write into, which a killed process does not leave behind for ever."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from dataset_platform.errors import StorageError, refusal

LOCK = ".lock"
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)


@contextmanager
def staged_folder(parent: Path) -> Iterator[Path]:
    """An empty folder below `parent`, removed at the end; removes those of killed processes, too.

    Raises StorageError when the disk is full or refuses.
    """
    name = uuid4().hex
    folder = parent / name
    with on_disk(parent):
        make_private_folder(parent)
        _remove_abandoned(parent)
        with FileLock(parent / f"{name}{LOCK}"):
            make_private_folder(folder)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                (parent / f"{name}{LOCK}").unlink(missing_ok=True)


@contextmanager
def on_disk(place: Path) -> Iterator[None]:
    """Turns a full disk, or one that lets nothing be written, into a StorageError of one line."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise StorageError(
                f"{place}: the disk is full; nothing was stored. Free some space and run it again"
            ) from None
        if error.errno in NOT_WRITABLE:
            raise StorageError(refusal(error, place)) from None
        raise


def make_private_folder(path: Path) -> None:
    """Makes the folder and its parents, open to their owner only, whatever the umask says."""
    if path.is_dir():
        return
    for missing in reversed([path, *path.parents]):
        if not missing.exists():
            missing.mkdir(mode=0o700, exist_ok=True)
            missing.chmod(0o700)


def make_private(folder: Path) -> None:
    """Closes the folder and all in it to everybody but the owner."""
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _remove_abandoned(parent: Path) -> None:
    """Removes what killed processes staged: the lock of a living one cannot be taken."""
    for path in parent.glob(f"*{LOCK}"):
        try:
            with FileLock(path, blocking=False):
                shutil.rmtree(path.with_suffix(""), ignore_errors=True)
                path.unlink(missing_ok=True)
        except Timeout:
            continue
