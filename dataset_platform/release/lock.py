"""What a release is made from: the config lock, equal for equal inputs on any machine.

A lock holds no time, no absolute path, no user or host name. What belongs to
one run only (when, which run) stands in the manifest.
"""

import hashlib
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

import rfc8785

from dataset_platform.errors import ContractError
from dataset_platform.release.spec import Frozen, ReleaseSpec

UNKNOWN = "unknown"
GIT_TIMEOUT_S = 20


@dataclass(frozen=True)
class Provenance:
    """Where a build comes from. Only `created_at` and `run_id` may differ between equal builds.

    `input_files` are (path under the landing area, hex SHA-256); `git_dirty` is None
    where there is no repository to ask.
    """

    git_commit: str
    git_dirty: bool | None
    python: str
    platform: str
    packages: Mapping[str, str]
    engine: str
    code_versions: Mapping[str, str]
    input_files: tuple[tuple[str, str], ...]
    created_at: datetime
    run_id: str


class GitState(Frozen):
    commit: str
    dirty: bool | None


class InputFile(Frozen):
    name: str
    sha256: str


class ConfigLock(Frozen):
    """Content of `config_lock.json`."""

    spec: ReleaseSpec
    config_hash: str
    seed: int
    git: GitState
    python: str
    platform: str
    engine: str
    packages: dict[str, str]
    packages_hash: str
    code_versions: dict[str, str]
    inputs: tuple[InputFile, ...]


def collect_provenance(
    *,
    repository: Path,
    code_versions: Mapping[str, str],
    input_files: Iterable[tuple[str, str]],
    engine: str,
    created_at: datetime,
    run_id: str,
) -> Provenance:
    """The provenance of a build in this process; git is `unknown` where it cannot answer."""
    commit = _git(repository, "rev-parse", "HEAD")
    changes = _git(repository, "status", "--porcelain")
    return Provenance(
        git_commit=commit or UNKNOWN,
        git_dirty=bool(changes) if commit and changes is not None else None,
        python=platform.python_version(),
        platform=f"{sys.platform} {platform.machine()} {''.join(platform.libc_ver())}".strip(),
        packages=installed_packages(),
        engine=engine,
        code_versions=code_versions,
        input_files=tuple(input_files),
        created_at=created_at,
        run_id=run_id,
    )


def installed_packages() -> dict[str, str]:
    """Version of every package that this interpreter can import, by lower-case name."""
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = (distribution.metadata["Name"] or "").lower().replace("_", "-")
        if name:  # a damaged installation may have no name; the first on sys.path is the one in use
            found.setdefault(name, distribution.version)
    return dict(sorted(found.items()))


def make_lock(spec: ReleaseSpec, provenance: Provenance) -> ConfigLock:
    """The lock of a build; raises ContractError if an input is not named relative to the landing area."""
    outside = [name for name, _ in provenance.input_files if not _is_relative(name)]
    if outside:
        raise ContractError(
            f"{len(outside)} input files are not named relative to the landing area, so the lock would "
            f"name this machine's folders. Pass paths under the landing area."
        )
    packages = dict(sorted(provenance.packages.items()))
    return ConfigLock(
        spec=spec,
        config_hash=canonical_sha256(spec.model_dump(mode="json")),
        seed=spec.seed,
        git=GitState(commit=provenance.git_commit, dirty=provenance.git_dirty),
        python=provenance.python,
        platform=provenance.platform,
        engine=provenance.engine,
        packages=packages,
        packages_hash=canonical_sha256(packages),
        code_versions=dict(sorted(provenance.code_versions.items())),
        inputs=tuple(InputFile(name=name, sha256=sha256) for name, sha256 in sorted(provenance.input_files)),
    )


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785): equal values give equal bytes."""
    return rfc8785.dumps(value)


def canonical_sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _is_relative(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "://" not in name


def _git(repository: Path, *arguments: str) -> str | None:
    """What git prints, or None where git or a repository is absent."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(repository), *arguments],
            capture_output=True,
            text=True,
            timeout=GIT_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
