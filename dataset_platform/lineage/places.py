"""Every release and every checkpoint in storage; files are fetched only when they are asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl
import pyarrow as pa
import semver
from daft.exceptions import DaftCoreException

from dataset_platform import release
from dataset_platform.errors import VerificationFailed
from dataset_platform.release.withdrawals import ID_DIGITS
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.store import published_folders
from dataset_platform.storage.work import home_key, read_manifest
from dataset_platform.training.checkpoint import MANIFEST_NAME, CheckpointManifest

READING_FAILS = (pl.exceptions.PolarsError, pa.ArrowException, DaftCoreException)
SPLIT_COLUMNS = ("conversation_id", "split", "source", "origin_file")


@dataclass(frozen=True)
class PublishedRelease:
    """A release in storage."""

    storage: Storage
    version: str

    @property
    def prefix(self) -> str:
        return self.storage.release_prefix(self.version)

    @property
    def names(self) -> release.ReleaseFiles:
        return release.ReleaseFiles(self.version)

    @property
    def url(self) -> str:
        return self.storage.store.url(self.prefix)

    def file(self, name: str) -> Path:
        """A file of the release on this machine; raises VerificationFailed when it is gone."""
        try:
            return self.storage.store.fetch(f"{self.prefix}/{name}")
        except FileNotFoundError:
            raise VerificationFailed(f"{self.url}: {name} is gone; restore the release folder") from None

    def table(self, name: str) -> Path:
        """A Parquet file of the release; raises VerificationFailed when it is gone or of another length."""
        path = self.file(name)
        bytes_, expected = path.stat().st_size, self.manifest.file(name).bytes
        if bytes_ != expected:
            raise VerificationFailed(
                f"{self.url}: {name} has {bytes_} bytes, expected {expected}; restore the release folder"
            )
        return path

    @cached_property
    def manifest(self) -> release.Manifest:
        return release.read_manifest(self.file(self.names.manifest).parent)

    @cached_property
    def ledger(self) -> pl.LazyFrame:
        """The fate of every record (schemas.LEDGER)."""
        return pl.scan_parquet(self.table(self.names.ledger))

    @property
    def delivered(self) -> pl.LazyFrame:
        """The same of records that somebody delivered: canaries are nobody's, so nobody takes them back."""
        return self.ledger.filter(pl.col("source") != release.CANARIES)

    @property
    def canaries(self) -> pl.LazyFrame:
        """The same of canaries."""
        return self.ledger.filter(source=release.CANARIES)

    @cached_property
    def splits(self) -> pl.LazyFrame:
        """Rows of the release without their text: conversation_id, split, source, origin_file."""
        return pl.scan_parquet(self.shards).select(SPLIT_COLUMNS)

    @cached_property
    def shards(self) -> list[Path]:
        """The Parquet files of its rows (schemas.RELEASE)."""
        listed = [entry.name for entry in self.manifest.files]
        return [self.table(name) for name in listed if self.names.is_parquet_shard(name)]

    @cached_property
    def lock(self) -> release.ConfigLock:
        return release.read_lock(self.file(release.CONFIG_LOCK).parent)

    @cached_property
    def input_sha256s(self) -> dict[str, str]:
        """SHA-256 of every source file and description, by name."""
        return {file.name: file.sha256 for file in self.lock.inputs}


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint in storage, and the release that it was trained on."""

    version: str
    manifest_sha256: str
    url: str


@contextmanager
def damage_told() -> Iterator[None]:
    """Turns what readers raise at a damaged file of a release into VerificationFailed."""
    try:
        yield
    except READING_FAILS as error:
        raise VerificationFailed(
            f"a file of a release cannot be read ({type(error).__name__}); `dataset-platform verify` of each "
            "release names it"
        ) from None


def published_releases(storage: Storage) -> list[PublishedRelease]:
    """All releases, lowest version first; a folder without a manifest is no release."""
    parent = storage.settings.exports_prefix
    names = (key.removeprefix(f"{parent}/v") for key in published_folders(storage.store, parent))
    versions = sorted((name for name in names if semver.Version.is_valid(name)), key=semver.Version.parse)
    releases = (PublishedRelease(storage, version) for version in versions)
    return [one for one in releases if storage.store.exists(f"{one.prefix}/{one.names.manifest}")]


def require_whole_log(storage: Storage, log: release.WithdrawalLog) -> None:
    """Raises VerificationFailed when a release was made under a withdrawal that the log lacks."""
    for one in published_releases(storage):
        lost = [sha256[:ID_DIGITS] for sha256 in one.lock.withdrawals if sha256 not in log.sha256s]
        if lost:
            place = storage.store.url(storage.settings.withdrawals_prefix)
            raise VerificationFailed(
                f"{place} lacks {', '.join(lost)}, under which release {one.version} was made; restore it "
                "from a backup, or its rows would come back"
            )


def checkpoints(storage: Storage) -> Iterator[Checkpoint]:
    """The current checkpoint of every version that has one."""
    parent = storage.settings.checkpoints_prefix
    for prefix in published_folders(storage.store, parent):
        manifest = read_manifest(storage.store, prefix)
        if manifest is None:
            continue
        home = home_key(prefix, manifest)
        content = storage.store.read(f"{home}/{MANIFEST_NAME}")
        trained_on = CheckpointManifest.model_validate_json(content).release
        yield Checkpoint(trained_on.version, trained_on.manifest_sha256, storage.store.url(home))
