"""Whether a release that was built again has the bytes of the first one, and what could explain it if not."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dataset_platform.release.files import CONFIG_LOCK
from dataset_platform.release.inputs import read_lock
from dataset_platform.release.lock import ConfigLock
from dataset_platform.release.manifest import Manifest, read_manifest


@dataclass(frozen=True)
class RebuiltFile:
    """A file of the release and its SHA-256s; `found` is null when the rebuilt release has no such file."""

    name: str
    expected: str
    found: str | None

    @property
    def same(self) -> bool:
        return self.expected == self.found


@dataclass(frozen=True)
class Rebuilt:
    """A release that was built again.

    `made_with` says in phrases what made the first one and did not make this one; the lock itself differs by
    exactly these and is no part of the verdict. `withdrawn_since` are ids of withdrawals that the lock does
    not know.
    """

    version: str
    files: tuple[RebuiltFile, ...]
    made_with: tuple[str, ...]
    withdrawn_since: tuple[str, ...]

    @property
    def differing(self) -> list[str]:
        return [file.name for file in self.files if not file.same and file.name != CONFIG_LOCK]


def compare_rebuilt(
    published: Manifest, lock: ConfigLock, folder: Path, withdrawn_since: tuple[str, ...]
) -> Rebuilt:
    """The rebuilt release in a folder, held against the manifest and the lock of the first one."""
    found = {entry.name: entry.sha256 for entry in read_manifest(folder).files}
    files = tuple(RebuiltFile(entry.name, entry.sha256, found.get(entry.name)) for entry in published.files)
    return Rebuilt(published.version, files, tuple(_differences(lock, read_lock(folder))), withdrawn_since)


def _differences(before: ConfigLock, now: ConfigLock) -> Iterator[str]:
    """A phrase for everything that made one and not the other."""
    for what, old, new in (
        ("git commit", before.git.commit, now.git.commit),
        ("git diff", before.git.diff_sha256, now.git.diff_sha256),
        ("python", before.python, now.python),
        ("platform", before.platform, now.platform),
        ("engine", before.engine, now.engine),
    ):
        if old != new:
            yield f"{what}: {old or 'none'}, now {new or 'none'}"
    for kind, olds, news in (
        ("code", before.code_versions, now.code_versions),
        ("model", before.models, now.models),
        ("package", before.packages, now.packages),
    ):
        for name in sorted(olds.keys() | news.keys()):
            if olds.get(name) != news.get(name):
                yield f"{kind} {name}: {olds.get(name, 'none')}, now {news.get(name, 'none')}"
