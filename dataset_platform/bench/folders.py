"""Folders to move: what a release looks like to a store, and many small objects."""

import hashlib
import json
import random
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LARGE_SHARES = {"dataset.jsonl": 0.55, "part-00000.bin": 0.3, "ledger.bin": 0.15}
NOTES = ("README.md", "config_lock.json", "croissant.json", "manifest.json", "qa_report.json")
NOTE_BYTES = 20_000
SMALL_BYTES = 10_000
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Folder:
    """Files below `path`, by their names there with their SHA-256."""

    name: str
    path: Path
    bytes: int
    sha256s: Mapping[str, str]

    @property
    def count(self) -> int:
        return len(self.sha256s)

    def __str__(self) -> str:
        digest = hashlib.sha256(json.dumps(dict(self.sha256s), sort_keys=True).encode()).hexdigest()
        return f"{self.count:,} files, {self.bytes / 1e6:,.0f} MB, SHA-256 {digest[:12]}"


def release_like(size: int, home: Path) -> Folder:
    """Three large files and five small ones, `size` bytes in all; written once."""
    notes = dict.fromkeys(NOTES, NOTE_BYTES)
    large = {name: int((size - NOTE_BYTES * len(NOTES)) * share) for name, share in LARGE_SHARES.items()}
    return _folder("release", home / f"release-{size}", {**large, **notes})


def small_objects(count: int, home: Path) -> Folder:
    """So many files of 10 KB; written once."""
    sizes = {f"{number // 100:02}/{number:05}.json": SMALL_BYTES for number in range(count)}
    return _folder(f"{count:,} objects of 10 KB", home / f"small-{count}-{SMALL_BYTES}", sizes)


def sha256s(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below the folder, by its name there."""
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in _files(folder)}


@contextmanager
def emptied(path: Path) -> Iterator[Path]:
    """The path without what lay there, before the block and after it."""
    shutil.rmtree(path, ignore_errors=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _folder(name: str, path: Path, sizes: Mapping[str, int]) -> Folder:
    notes = path.with_suffix(".notes")
    if not notes.exists():
        shutil.rmtree(path, ignore_errors=True)
        for number, (file, size) in enumerate(sizes.items()):
            _write(path / file, size, seed=number)
        notes.write_text(json.dumps(sha256s(path)))
    return Folder(name, path, sum(sizes.values()), json.loads(notes.read_text()))


def _write(path: Path, size: int, seed: int) -> None:
    """Random bytes, so that nothing is won by compressing or by remembering blocks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    with path.open("wb") as stream:
        for start in range(0, size, BLOCK_BYTES):
            stream.write(rng.randbytes(min(BLOCK_BYTES, size - start)))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
