"""Builds a release again from its lock, in a place of its own, and compares it byte by byte.

The pipeline runs as it always does, in Dagster runs, but on an instance and a storage of its own: runs on the
project's instance would stand there as materialisations of the published version, and its storage holds the
tables of today. What is laid down for it is what the lock names and nothing else.
"""

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from pydantic import ValidationError

from dataset_platform import release
from dataset_platform.errors import InputError, UsageError
from dataset_platform.operations import Operations
from dataset_platform.progress import Progress
from dataset_platform.release.withdrawals import ID_DIGITS
from dataset_platform.results.releases import release_folder
from dataset_platform.settings import StorageBackend, settings_instead
from dataset_platform.storage.files import sha256_of
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.landing import LandedObject, landed_files, listed_sources

# Before the names of a project's own files in a lock; the other inputs are landed files.
DESCRIPTIONS, HELDOUT, REVIEWS = "sources/", "heldout/", "reviews/"
PROBLEMS_NAMED = 10


def rebuild(storage: Storage, lock_file: Path, out: Path | None, progress: Progress) -> release.Rebuilt:
    """The release of a lock, rebuilt from the landing area and compared with what was published.

    It is kept in `out`, where that is named, and else removed. Nothing is published. Raises InputError,
    before anything is built, naming every input that is gone or has other bytes than the lock says.
    """
    lock, published = _read(storage, lock_file)
    if out and out.exists():
        raise UsageError(f"{out} exists; name a folder that does not")
    log = release.read_log(storage.store, storage.settings.withdrawals_prefix)
    since = tuple(one.id for one in log.withdrawals if one.sha256 not in lock.withdrawals)
    if out and since:
        raise UsageError(
            f"rows were withdrawn since ({', '.join(since)}): a rebuilt {lock.spec.version} would hold them "
            "again. Leave --out away; then it is compared and removed"
        )
    with progress.task("Compare the inputs with the lock"):
        inputs = _inputs(storage, lock, log)
    with storage.store.staging() as root, _project_in(root, storage, lock, inputs):
        with dg.DagsterInstance.ephemeral() as instance:
            operations = Operations(instance, Storage(), progress)
            cleaned = operations.sources.clean()
            if cleaned.failure:
                raise cleaned.failure
            operations.releases.cut(lock.spec.version, judge=False)
        place = Storage().store.fetch(Storage().release_prefix(lock.spec.version))
        if out:
            shutil.copytree(place, out)
        return release.compare_rebuilt(published, lock, place, since)


def _read(storage: Storage, lock_file: Path) -> tuple[release.ConfigLock, release.Manifest]:
    """The lock, and the manifest of its release, which lies beside it or in storage."""
    try:
        content = lock_file.read_bytes()
        lock = release.ConfigLock.model_validate_json(content)
    except OSError as error:
        raise InputError(f"{lock_file}: cannot be read ({error.strerror}); name another file") from None
    except ValidationError as error:
        raise InputError(f"{lock_file}: is no lock of a release ({error.error_count()} problems)") from None
    version = lock.spec.version
    beside = lock_file.parent / release.ReleaseFiles(version).manifest
    if beside.exists():
        folder = lock_file.parent
    elif storage.store.exists(storage.release_prefix(version)):
        folder = storage.store.fetch(storage.release_prefix(version))
    else:
        raise InputError(
            f"{lock_file}: release {version} is neither beside it nor in storage: nothing to compare with"
        )
    manifest = release.read_manifest(folder)
    if manifest.config_lock_sha256 != hashlib.sha256(content).hexdigest():
        raise InputError(f"{lock_file}: is not the lock that {folder / beside.name} was published with")
    return lock, manifest


@dataclass(frozen=True)
class _Inputs:
    """What the lock names, as it lies here: landed files, the project's own by name, entries of the log."""

    landed: Sequence[LandedObject]
    own: Mapping[str, Path]
    withdrawals: Sequence[str]


def _inputs(storage: Storage, lock: release.ConfigLock, log: release.WithdrawalLog) -> _Inputs:
    named = {file.name: file.sha256 for file in lock.inputs}
    folders = _own_folders(storage)
    paths = {
        name: folders[prefix] / name.removeprefix(prefix)
        for name in named
        for prefix in folders
        if name.startswith(prefix)
    }
    wanted = named.keys() - paths.keys()
    landed = {file.name: file for file in _landed(storage, {name.split("/")[0] for name in wanted})}
    found = {name: landed[name].sha256 for name in wanted if name in landed}
    found |= {name: sha256_of(path) for name, path in paths.items() if path.exists()}
    problems = [
        f"{name} {'is gone' if name not in found else 'has other bytes'}"
        for name, sha256 in sorted(named.items())
        if found.get(name) != sha256
    ]
    problems += [
        f"withdrawal {sha256[:ID_DIGITS]} is gone" for sha256 in lock.withdrawals if sha256 not in log.sha256s
    ]
    if problems:
        more = len(problems) - PROBLEMS_NAMED
        raise InputError(
            f"release {lock.spec.version} cannot be rebuilt: {'; '.join(problems[:PROBLEMS_NAMED])}"
            f"{f'; and {more} more' if more > 0 else ''}. Put back what its lock names"
        )
    return _Inputs([landed[name] for name in sorted(wanted)], paths, lock.withdrawals)


def _own_folders(storage: Storage) -> dict[str, Path]:
    """Where the project's own files lie, by the prefix of their names in a lock."""
    settings = storage.settings
    return {
        DESCRIPTIONS: settings.sources_dir, HELDOUT: settings.heldout_dir, REVIEWS: settings.reviews_dir,
    }  # fmt: skip


def _landed(storage: Storage, sources: set[str]) -> Iterator[LandedObject]:
    raw = storage.settings.raw_prefix
    listed = listed_sources(storage.store, raw)
    for source in sorted(sources & listed.keys()):
        index = storage.landing_index_key(source)
        yield from landed_files(storage.store, raw, source, index, listed[source]).files


@contextmanager
def _project_in(root: Path, storage: Storage, lock: release.ConfigLock, inputs: _Inputs) -> Iterator[None]:
    """Lays a project of the inputs down in an empty folder; in the block it is the one that is worked on."""
    settings, data = storage.settings, root / "data"
    for file in inputs.landed:
        place = data / settings.raw_prefix / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        # A hard link would cost no space, but change the file's ctime, which sensors take for a change.
        shutil.copyfile(file.fetch(), place)
    for name, path in inputs.own.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, root / name)
    for id_ in (sha256[:ID_DIGITS] for sha256 in inputs.withdrawals):
        entry = storage.store.fetch(f"{settings.withdrawals_prefix}/{id_}")
        shutil.copytree(entry, data / settings.withdrawals_prefix / id_)
    release.write_spec(lock.spec, root / "releases")
    with settings_instead(
        storage_backend=StorageBackend.LOCAL,
        storage_local_path=data,
        sources_dir=root / DESCRIPTIONS,
        heldout_dir=root / HELDOUT,
        reviews_dir=root / REVIEWS,
        releases_dir=root / "releases",
        signing_key=None,
        public_key=None,
    ):
        yield


def release_lock(storage: Storage, version: str) -> Path:
    """The lock of a release in storage; raises InputError when there is none."""
    return release_folder(storage, version) / release.CONFIG_LOCK
