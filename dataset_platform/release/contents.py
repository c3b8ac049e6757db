"""What the files of a release hold, against what its manifest says: rows, columns, order, sums."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from dataset_platform.release.files import CONFIG_LOCK, ReleaseFiles
from dataset_platform.release.findings import Finding, Problem
from dataset_platform.release.lock import ConfigLock, canonical_sha256
from dataset_platform.release.manifest import (
    FileEntry,
    Manifest,
    ledger_lines,
    ledger_reasons,
    row_counts,
    split_shares,
)
from dataset_platform.schemas import LEDGER, RELEASE, Contract, Split

BATCH_ROWS = 8192
UNREADABLE = (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValidationError)
Check = Callable[[Path, FileEntry, Manifest], Iterator[Finding]]


def wrong_contents(folder: Path, manifest: Manifest, damaged: set[str]) -> Iterator[Finding]:
    """Findings about the contents of every file whose bytes are not damaged."""
    files = ReleaseFiles(manifest.version)
    for entry in manifest.files:
        check = _check_of(entry.name, files)
        if check is None or entry.name in damaged:
            continue
        try:
            yield from check(folder / entry.name, entry, manifest)
        except UNREADABLE as error:
            yield Finding(entry.name, Problem.UNREADABLE, type(error).__name__)
    yield from _distribution(folder, manifest, damaged)


def _check_of(name: str, files: ReleaseFiles) -> Check | None:
    if files.holds_rows(name):
        return _shard if files.is_parquet_shard(name) else _json_lines
    return {files.ledger: _ledger, CONFIG_LOCK: _lock}.get(name)


def _shard(path: Path, entry: FileEntry, manifest: Manifest) -> Iterator[Finding]:  # noqa: ARG001
    """What is wrong with a Parquet shard, which holds rows of one split."""
    yield from _rows(entry, pq.read_metadata(path).num_rows)
    differing = _broken(path, entry.name, RELEASE)
    yield from differing
    if not differing:
        yield from _order(path, entry.name)
        splits = pl.read_parquet(path, columns=["split"])["split"].unique().sort().to_list()
        if splits != [split for split in Split if path.name.startswith(f"{split}-")]:
            yield Finding(entry.name, Problem.CONTRACT, f"holds rows of {', '.join(splits)}")


def _distribution(folder: Path, manifest: Manifest, damaged: set[str]) -> Iterator[Finding]:
    """Rows by split, source and stage over all Parquet shards, where they can be read."""
    files = ReleaseFiles(manifest.version)
    shards = [entry.name for entry in manifest.files if files.is_parquet_shard(entry.name)]
    if not shards or damaged.intersection(shards):
        return
    try:
        counted = pl.concat(
            pl.read_parquet(folder / name, columns=["split", "source", "stage"]) for name in shards
        )
    except UNREADABLE:
        return  # a finding of the shard
    if row_counts(counted) != manifest.distribution:
        yield Finding(
            files.parquet, Problem.COUNTS, "rows by split, source and stage differ from the manifest"
        )


def _json_lines(path: Path, entry: FileEntry, manifest: Manifest) -> Iterator[Finding]:  # noqa: ARG001
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    yield from _rows(entry, lines)


def _ledger(path: Path, entry: FileEntry, manifest: Manifest) -> Iterator[Finding]:
    yield from _rows(entry, pq.read_metadata(path).num_rows)
    differing = _broken(path, entry.name, LEDGER)
    yield from differing
    if not differing:
        ledger = pl.read_parquet(path)
        repeated = ledger.height - ledger.select(LEDGER.key).unique().height
        if repeated:
            yield Finding(entry.name, Problem.CONTRACT, f"{repeated} records stand more than once")
        if ledger_lines(ledger) != manifest.ledger:
            yield Finding(entry.name, Problem.COUNTS, "sums by source differ from the manifest")
        if ledger_reasons(ledger) != manifest.reasons:
            yield Finding(entry.name, Problem.COUNTS, "reasons differ from the manifest")


def _lock(path: Path, entry: FileEntry, manifest: Manifest) -> Iterator[Finding]:
    content = path.read_bytes()
    lock = ConfigLock.model_validate_json(content)
    if split_shares(manifest.rows_by_split, lock.spec.splits) != manifest.splits:
        yield Finding(entry.name, Problem.COUNTS, "shares of the splits are not those of the manifest")
    of_lock = {
        "config_hash": canonical_sha256(lock.spec.model_dump(mode="json")),
        "config_lock_sha256": hashlib.sha256(content).hexdigest(),
        "version": lock.spec.version,
        "planted": lock.spec.planted,
    }
    for key, found in of_lock.items():
        if found != getattr(manifest, key):
            yield Finding(
                entry.name, Problem.COUNTS, f"{key} is {found}, the manifest has {getattr(manifest, key)}"
            )


def _rows(entry: FileEntry, found: int) -> Iterator[Finding]:
    if found != entry.rows:
        yield Finding(entry.name, Problem.ROWS, f"{found} rows, expected {entry.rows}")


def _broken(path: Path, name: str, contract: Contract) -> list[Finding]:
    """What breaks the contract; the turns inside `messages` have a contract of their own."""
    with pq.ParquetFile(path) as file:
        found = file.schema_arrow
        if found.names != contract.names or not found.equals(contract.arrow):
            return [Finding(name, Problem.CONTRACT, f"columns or types are not those of {contract.name}")]
        violations = contract.violations(file.iter_batches(BATCH_ROWS))
    return [
        Finding(
            name,
            Problem.CONTRACT,
            f"{violation.column}: {violation.count} rows are not {violation.rule}, such as "
            f"{', '.join(violation.examples)}",
        )
        for violation in violations
    ]


def _order(path: Path, name: str) -> Iterator[Finding]:
    ids = pl.read_parquet(path, columns=["conversation_id"])["conversation_id"]
    falling = int((ids[1:] <= ids[:-1]).sum()) if len(ids) > 1 else 0
    if falling:
        yield Finding(name, Problem.CONTRACT, f"{falling} rows repeat or precede the conversation_id before")
