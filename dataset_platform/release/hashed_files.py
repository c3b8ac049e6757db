"""Files that know the SHA-256 of what was written to them."""

import hashlib
from pathlib import Path
from typing import BinaryIO

from dataset_platform.release.manifest import FileEntry


class HashedFile:
    """A new file that knows the size and SHA-256 of the bytes written to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO = path.open("xb")
        self._digest = hashlib.sha256()
        self._bytes = 0

    def write(self, data: bytes | memoryview) -> int:
        self._digest.update(data)
        written = self._file.write(data)
        self._bytes += written
        return written

    def tell(self) -> int:
        return self._bytes

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def entry(self, rows: int | None) -> FileEntry:
        return FileEntry(name=self.path.name, bytes=self._bytes, rows=rows, sha256=self._digest.hexdigest())


def write_bytes(path: Path, content: bytes, rows: int | None = None) -> FileEntry:
    """The entry of a new file with the given content."""
    file = HashedFile(path)
    file.write(content)
    file.close()
    return file.entry(rows)
