"""A file that tells how much of it was read."""

from collections.abc import Callable
from io import FileIO
from pathlib import Path


class CountedFile(FileIO):
    """A file opened for reading; `on_bytes` is told how many bytes each read gave."""

    def __init__(self, path: Path, on_bytes: Callable[[int], None]) -> None:
        super().__init__(path)
        self._on_bytes = on_bytes

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(-1 if size is None else size)
        self._on_bytes(len(content))
        return content
