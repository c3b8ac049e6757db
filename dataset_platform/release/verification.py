"""Does a release folder hold what its manifest says?

`verify` reads; it changes nothing and raises for no release, however damaged:
every problem is a finding. Contents are looked at only where the bytes are right,
so one damage gives one finding.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
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
from dataset_platform.release.signing import signature_problems
from dataset_platform.schemas import LEDGER, RELEASE, TURNS, Contract

BATCH_ROWS = 8192


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
    ATTACHMENT = "attachment"
    SIGNATURE = "signature"


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
    """Everything found wrong, with the entries of the files that were hashed."""

    findings: tuple[Finding, ...]
    entries: tuple[FileEntry, ...] = ()

    @property
    def files_checked(self) -> int:
        return len(self.entries)

    @property
    def bytes(self) -> int:
        return sum(entry.bytes for entry in self.entries)

    @property
    def passed(self) -> bool:
        return not self.findings


def verify(
    folder: Path, public_key: Ed25519PublicKey | None = None, attached: Mapping[str, str] | None = None
) -> Verification:
    """All findings about a release folder; none means that each byte is as published.

    With a key, the manifest must be signed by it. With `attached`, the SHA-256s by name of the reports that
    were attached, as far as they are known, the reports beside the release are looked at, too: they must cite
    this manifest. They are left out where a release is read, so that a damaged report can be made again.
    """
    try:
        manifest = read_manifest(folder)
    except VerificationFailed as error:
        return Verification((Finding(folder.name, Problem.MANIFEST, str(error)),))
    findings = [*_names(folder, manifest), *_lists(manifest)]
    damaged = set()
    for entry in manifest.files:
        damages = list(_bytes(folder / entry.name, entry))
        damaged |= {finding.file for finding in damages}
        findings += damages
    findings += _contents(folder, manifest, damaged)
    if attached is not None:
        findings += _attachments(folder, ReleaseFiles(manifest.version), attached)
    findings += _signature(folder, ReleaseFiles(manifest.version), public_key)
    return Verification(
        tuple(sorted(findings, key=lambda finding: (finding.file, finding.problem, finding.detail))),
        tuple(entry for entry in manifest.files if (folder / entry.name).is_file()),
    )


def _names(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """The manifest's own name, and files that nobody lists."""
    name = find_manifest(folder).name
    if version_of_manifest(name) != manifest.version:
        yield Finding(name, Problem.MANIFEST, f"describes version {manifest.version}")
    files = ReleaseFiles(manifest.version)
    known = {entry.name for entry in manifest.files} | {name, files.signature, *files.attachments}
    for path in sorted(folder.iterdir()):
        if path.name not in known:
            yield Finding(path.name, Problem.EXTRA, "is not listed in the manifest")


def _attachments(folder: Path, files: ReleaseFiles, attached: Mapping[str, str]) -> Iterator[Finding]:
    """Reports on another release, or with other bytes than were attached."""
    cited = file_sha256(find_manifest(folder)).encode()
    for name in files.attachments:
        path = folder / name
        if not path.is_file():
            if name in attached:
                yield Finding(name, Problem.MISSING, "was attached to the release and is gone")
        elif name in attached and file_sha256(path) != attached[name]:
            yield Finding(name, Problem.CHANGED, f"SHA-256 is not {attached[name]}, as it was attached")
        elif cited not in path.read_bytes():
            yield Finding(
                name, Problem.ATTACHMENT, "does not cite this manifest: it reports on another release"
            )


def _signature(folder: Path, files: ReleaseFiles, key: Ed25519PublicKey | None) -> Iterator[Finding]:
    for problem in signature_problems(folder, key) if key else ():
        yield Finding(files.signature, Problem.SIGNATURE, problem)


def _lists(manifest: Manifest) -> Iterator[Finding]:
    """What the manifest must list, and the sums within it."""
    files = ReleaseFiles(manifest.version)
    listed = [entry.name for entry in manifest.files]
    if sorted(listed) != sorted(files.listed):
        yield Finding(
            files.manifest, Problem.MANIFEST, f"lists {len(listed)} files, expected {', '.join(files.listed)}"
        )
    dataset = [entry for entry in manifest.files if entry.name in files.dataset]
    if dataset_hash(dataset) != manifest.dataset_hash:
        yield Finding(files.manifest, Problem.MANIFEST, "dataset_hash does not follow from the files listed")
    sums: dict[str, set[int | None]] = {
        "files of rows": {entry.rows for entry in dataset},
        "distribution": {sum(count.rows for count in manifest.distribution)},
        "ledger": {sum(line.exported for line in manifest.ledger)},
        "mix": {sum(line.drawn for line in manifest.mix_by_stage)},
    }
    for what, found in sums.items():
        if found != {manifest.rows}:
            numbers = ", ".join(sorted(map(str, found)))
            yield Finding(files.manifest, Problem.COUNTS, f"{what}: {numbers} rows, expected {manifest.rows}")


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
