"""What the files of a release hold, against what its manifest says: rows, columns, order, sums."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import ValidationError

from dataset_platform.release.files import CONFIG_LOCK, ReleaseFiles
from dataset_platform.release.findings import Finding, Problem
from dataset_platform.release.lock import ConfigLock, canonical_sha256
from dataset_platform.release.manifest import Manifest, ledger_lines, row_counts
from dataset_platform.schemas import LEDGER, RELEASE, TURNS, Contract

BATCH_ROWS = 8192


def wrong_contents(folder: Path, manifest: Manifest, damaged: set[str]) -> Iterator[Finding]:
    """Findings about the contents of every file whose bytes are not damaged."""
    files = ReleaseFiles(manifest.version)
    checks = {
        files.parquet: _dataset,
        files.jsonl: _json_lines,
        files.ledger: _ledger,
        CONFIG_LOCK: _lock,
    }
    listed = {entry.name for entry in manifest.files}
    for name, check in checks.items():
        if name not in listed or name in damaged:
            continue
        try:
            yield from check(folder / name, manifest)
        except (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValidationError) as error:
            yield Finding(name, Problem.UNREADABLE, type(error).__name__)


def _dataset(path: Path, manifest: Manifest) -> Iterator[Finding]:
    yield from _rows(path, manifest.file(path.name).rows, pq.read_metadata(path).num_rows)
    differing = _broken(path, RELEASE)
    yield from differing
    if not differing:
        yield from _order(path)
        counted = pl.read_parquet(path, columns=["split", "source", "stage"])
        if row_counts(counted) != manifest.distribution:
            yield Finding(
                path.name, Problem.COUNTS, "rows by split, source and stage differ from the manifest"
            )


def _json_lines(path: Path, manifest: Manifest) -> Iterator[Finding]:
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    yield from _rows(path, manifest.file(path.name).rows, lines)


def _ledger(path: Path, manifest: Manifest) -> Iterator[Finding]:
    yield from _rows(path, manifest.file(path.name).rows, pq.read_metadata(path).num_rows)
    differing = _broken(path, LEDGER)
    yield from differing
    if not differing:
        ledger = pl.read_parquet(path)
        repeated = ledger.height - ledger.select(LEDGER.key).unique().height
        if repeated:
            yield Finding(path.name, Problem.CONTRACT, f"{repeated} records stand more than once")
        if ledger_lines(ledger) != manifest.ledger:
            yield Finding(path.name, Problem.COUNTS, "sums by source differ from the manifest")


def _lock(path: Path, manifest: Manifest) -> Iterator[Finding]:
    content = path.read_bytes()
    lock = ConfigLock.model_validate_json(content)
    of_lock = {
        "config_hash": canonical_sha256(lock.spec.model_dump(mode="json")),
        "config_lock_sha256": hashlib.sha256(content).hexdigest(),
        "version": lock.spec.version,
    }
    for key, found in of_lock.items():
        if found != getattr(manifest, key):
            yield Finding(
                path.name, Problem.COUNTS, f"{key} is {found}, the manifest has {getattr(manifest, key)}"
            )


def _rows(path: Path, expected: int | None, found: int) -> Iterator[Finding]:
    if found != expected:
        yield Finding(path.name, Problem.ROWS, f"{found} rows, expected {expected}")


def _broken(path: Path, contract: Contract) -> list[Finding]:
    """What breaks the contract; the turns inside `messages` have a contract of their own."""
    flat = Contract(
        contract.name, tuple(column for column in contract.columns if not pa.types.is_nested(column.type))
    )
    with pq.ParquetFile(path) as file:
        found = file.schema_arrow
        if found.names != contract.names or not found.equals(contract.arrow):
            return [
                Finding(path.name, Problem.CONTRACT, f"columns or types are not those of {contract.name}")
            ]
        violations = flat.violations(file.iter_batches(BATCH_ROWS, columns=flat.names))
        if "messages" in contract.names:
            violations += TURNS.violations(_turns(file))
    return [
        Finding(
            path.name,
            Problem.CONTRACT,
            f"{violation.column}: {violation.count} rows are not {violation.rule}, such as "
            f"{', '.join(violation.examples)}",
        )
        for violation in violations
    ]


def _turns(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """The turns of all conversations, one a row (schemas.TURNS)."""
    for batch in file.iter_batches(BATCH_ROWS, columns=["conversation_id", "messages"]):
        turns = pc.list_flatten(batch["messages"])
        ids = batch["conversation_id"].take(pc.list_parent_indices(batch["messages"]))
        yield pa.RecordBatch.from_arrays(
            [ids, turns.field("role"), turns.field("content")], schema=TURNS.arrow
        )


def _order(path: Path) -> Iterator[Finding]:
    ids = pl.read_parquet(path, columns=["conversation_id"])["conversation_id"]
    falling = int((ids[1:] <= ids[:-1]).sum()) if len(ids) > 1 else 0
    if falling:
        yield Finding(
            path.name, Problem.CONTRACT, f"{falling} rows repeat or precede the conversation_id before"
        )
