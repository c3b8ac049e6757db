"""What a release is made from: the config lock, equal for equal inputs on any machine.

A lock holds no time, no absolute path, no user or host name. What belongs to
one run only (when, which run) stands in the manifest.
"""

import hashlib
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import PurePosixPath
from typing import Any

import rfc8785
from pydantic import Field

from dataset_platform.errors import ContractError
from dataset_platform.release.git_state import GitState
from dataset_platform.release.spec import Frozen, ReleaseSpec


@dataclass(frozen=True)
class Ingredients:
    """What decides the bytes of a release beside its spec.

    `input_files` are (path under the landing area, hex SHA-256), `models` digests by what each model is for,
    `withdrawals` the SHA-256s of the log's entries.
    """

    code_versions: Mapping[str, str]
    input_files: tuple[tuple[str, str], ...]
    models: Mapping[str, str]
    withdrawals: tuple[str, ...]


@dataclass(frozen=True)
class Provenance:
    """Where a build comes from.

    Only `created_at`, `run_id` and `storage_url`, which is null on a local disk, may differ between equal
    builds.
    """

    ingredients: Ingredients
    git: GitState
    python: str
    platform: str
    packages: Mapping[str, str]
    engine: str
    created_at: datetime
    run_id: str
    storage_url: str | None = None


class InputFile(Frozen):
    name: str
    sha256: str


class ConfigLock(Frozen):
    """Content of `config_lock.json`: what a release is made from, and what made it."""

    spec: ReleaseSpec
    config_hash: str = Field(description="SHA-256 of the spec's canonical JSON.")
    seed: int
    git: GitState
    python: str
    platform: str
    engine: str
    packages: dict[str, str] = Field(description="Version of every installed package.")
    packages_hash: str = Field(description="SHA-256 of the packages' canonical JSON.")
    code_versions: dict[str, str] = Field(description="Version of each step that decides bytes.")
    models: dict[str, str] = Field({}, description="SHA-256 over the files of each model that decides bytes.")
    inputs: tuple[InputFile, ...] = Field(description="Every source file and description, with its SHA-256.")
    withdrawals: tuple[str, ...] = Field((), description="SHA-256 of every withdrawal that was in force.")

    @property
    def ingredients(self) -> Ingredients:
        files = tuple((file.name, file.sha256) for file in self.inputs)
        return Ingredients(self.code_versions, files, self.models, self.withdrawals)


def collect_provenance(
    *,
    ingredients: Ingredients,
    git: GitState,
    engine: str,
    created_at: datetime,
    run_id: str,
    storage_url: str | None,
) -> Provenance:
    """The provenance of a build in this process."""
    return Provenance(
        ingredients=ingredients,
        git=git,
        python=platform.python_version(),
        platform=f"{sys.platform} {platform.machine()} {''.join(platform.libc_ver())}".strip(),
        packages=installed_packages(),
        engine=engine,
        created_at=created_at,
        run_id=run_id,
        storage_url=storage_url,
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
    made_from = provenance.ingredients
    outside = [name for name, _ in made_from.input_files if not _is_relative(name)]
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
        git=provenance.git,
        python=provenance.python,
        platform=provenance.platform,
        engine=provenance.engine,
        packages=packages,
        packages_hash=canonical_sha256(packages),
        code_versions=dict(sorted(made_from.code_versions.items())),
        models=dict(sorted(made_from.models.items())),
        inputs=tuple(InputFile(name=name, sha256=sha256) for name, sha256 in sorted(made_from.input_files)),
        withdrawals=tuple(sorted(made_from.withdrawals)),
    )


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785): equal values give equal bytes."""
    return rfc8785.dumps(value)


def canonical_sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _is_relative(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "://" not in name
