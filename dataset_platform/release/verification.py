"""Does a release folder hold what its manifest says?

`verify` reads; it changes nothing and raises for no release, however damaged:
every problem is a finding. Contents are looked at only where the bytes are right,
so one damage gives one finding.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import ValidationError

from dataset_platform.errors import VerificationFailed
from dataset_platform.release.files import CONFIG_LOCK, ReleaseFiles, version_of_manifest
from dataset_platform.release.lock import ConfigLock, canonical_sha256
from dataset_platform.release.manifest import (
    FileEntry,
    Manifest,
    dataset_hash,
    file_sha256,
    find_manifest,
    ledger_lines,
    read_manifest,
    row_counts,
)
from dataset_platform.schemas import LEDGER, RELEASE, TURNS, Contract, Split

BATCH_ROWS = 8192
UNREADABLE = (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValidationError)


class Problem(StrEnum):
    MANIFEST = "manifest"
    MISSING = "missing"
    EXTRA = "extra"
    TRUNCATED = "truncated"
    GROWN = "grown"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    ROWS = "rows"
    CONTRACT = "contract"
    COUNTS = "counts"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with one file; `detail` says what was expected and found."""

    file: str
    problem: Problem
    detail: str

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}: {self.detail}"


@dataclass(frozen=True)
class Verification:
    """Everything found wrong, with the files and bytes that were hashed."""

    findings: tuple[Finding, ...]
    files_checked: int
    bytes: int

    @property
    def passed(self) -> bool:
        return not self.findings


Check = Callable[[Path, FileEntry, Manifest], Iterator[Finding]]


def verify(folder: Path) -> Verification:
    """All findings about a release folder; none means that each byte is as published."""
    try:
        manifest = read_manifest(folder)
    except VerificationFailed as error:
        return Verification((Finding(folder.name, Problem.MANIFEST, str(error)),), 0, 0)
    findings = [*_names(folder, manifest), *_lists(manifest)]
    damaged = set()
    for entry in manifest.files:
        damages = list(_bytes(folder / entry.name, entry))
        damaged |= {finding.file for finding in damages}
        findings += damages
    findings += _contents(folder, manifest, damaged)
    present = [entry for entry in manifest.files if (folder / entry.name).is_file()]
    return Verification(
        tuple(sorted(findings, key=lambda finding: (finding.file, finding.problem, finding.detail))),
        files_checked=len(present),
        bytes=sum((folder / entry.name).stat().st_size for entry in present),
    )


def _names(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """The manifest's own name, and files that nobody lists."""
    name = find_manifest(folder).name
    if version_of_manifest(name) != manifest.version:
        yield Finding(name, Problem.MANIFEST, f"describes version {manifest.version}")
    known = {entry.name for entry in manifest.files} | {name, *ReleaseFiles(manifest.version).attachments}
    homes = {PurePosixPath(entry.name).parent.as_posix() for entry in manifest.files}
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder).as_posix()
        if place not in known and not (path.is_dir() and place in homes):
            yield Finding(place, Problem.EXTRA, "is not listed in the manifest")


def _lists(manifest: Manifest) -> Iterator[Finding]:
    """What the manifest must list, and the sums within it."""
    files = ReleaseFiles(manifest.version)
    listed = [entry.name for entry in manifest.files]
    dataset = [entry for entry in manifest.files if files.holds_rows(entry.name)]
    expected = [*(entry.name for entry in dataset), *files.about_rows]
    if sorted(listed) != sorted(expected):
        yield Finding(
            files.manifest,
            Problem.MANIFEST,
            f"lists {len(listed)} files, expected shards and {', '.join(files.about_rows)}",
        )
    if dataset_hash(dataset) != manifest.dataset_hash:
        yield Finding(files.manifest, Problem.MANIFEST, "dataset_hash does not follow from the files listed")
    sums: dict[str, set[int | None]] = {
        "files of rows": _rows_by_format(dataset),
        "distribution": {sum(count.rows for count in manifest.distribution)},
        "ledger": {sum(line.exported for line in manifest.ledger)},
        "mix": {sum(line.drawn for line in manifest.mix_by_stage)},
    }
    for what, found in sums.items():
        if found != {manifest.rows}:
            numbers = ", ".join(sorted(map(str, found)))
            yield Finding(files.manifest, Problem.COUNTS, f"{what}: {numbers} rows, expected {manifest.rows}")


def _rows_by_format(dataset: Iterable[FileEntry]) -> set[int | None]:
    """Rows of the shards of each format."""
    rows: Counter[str] = Counter()
    for entry in dataset:
        rows[PurePosixPath(entry.name).parent.as_posix()] += entry.rows or 0
    return set(rows.values())


def _bytes(path: Path, entry: FileEntry) -> Iterator[Finding]:
    if not path.is_file():
        yield Finding(entry.name, Problem.MISSING, f"{entry.bytes} bytes expected")
        return
    size = path.stat().st_size
    if size != entry.bytes:
        problem = Problem.TRUNCATED if size < entry.bytes else Problem.GROWN
        yield Finding(entry.name, problem, f"{size} bytes, expected {entry.bytes}")
    elif (found := file_sha256(path)) != entry.sha256:
        yield Finding(entry.name, Problem.CHANGED, f"SHA-256 {found}, expected {entry.sha256}")


def _contents(folder: Path, manifest: Manifest, damaged: set[str]) -> Iterator[Finding]:
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
        return _shard if name.startswith(f"{files.parquet}/") else _json_lines
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
    shards = [entry.name for entry in manifest.files if entry.name.startswith(f"{files.parquet}/")]
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


def _lock(path: Path, entry: FileEntry, manifest: Manifest) -> Iterator[Finding]:
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
                entry.name, Problem.COUNTS, f"{key} is {found}, the manifest has {getattr(manifest, key)}"
            )


def _rows(entry: FileEntry, found: int) -> Iterator[Finding]:
    if found != entry.rows:
        yield Finding(entry.name, Problem.ROWS, f"{found} rows, expected {entry.rows}")


def _broken(path: Path, name: str, contract: Contract) -> list[Finding]:
    """What breaks the contract; the turns inside `messages` have a contract of their own."""
    flat = Contract(
        contract.name, tuple(column for column in contract.columns if not pa.types.is_nested(column.type))
    )
    with pq.ParquetFile(path) as file:
        found = file.schema_arrow
        if found.names != contract.names or not found.equals(contract.arrow):
            return [Finding(name, Problem.CONTRACT, f"columns or types are not those of {contract.name}")]
        violations = flat.violations(file.iter_batches(BATCH_ROWS, columns=flat.names))
        if "messages" in contract.names:
            violations += TURNS.violations(_turns(file))
    return [
        Finding(
            name,
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


def _order(path: Path, name: str) -> Iterator[Finding]:
    ids = pl.read_parquet(path, columns=["conversation_id"])["conversation_id"]
    falling = int((ids[1:] <= ids[:-1]).sum()) if len(ids) > 1 else 0
    if falling:
        yield Finding(name, Problem.CONTRACT, f"{falling} rows repeat or precede the conversation_id before")
