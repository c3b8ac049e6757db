"""Releases: the accounts, the mix, and whether the files are as published."""

from pathlib import Path

from dataset_platform import release
from dataset_platform.display import Row, Shown, counted
from dataset_platform.errors import VerificationFailed
from dataset_platform.release.signing import key_id, load_public_key, make_keys
from dataset_platform.schemas import Fate
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import read_manifest

STEPS = (
    ("read source files", Fate.QUARANTINED),
    ("leave out withdrawals", Fate.WITHDRAWN),
    ("clean", Fate.FILTERED),
    ("find duplicates", Fate.DUPLICATE),
    ("draw the release", Fate.NOT_SAMPLED),
)


def release_result(storage: Storage, version: str) -> Shown:
    """Rows of each step, losses with reasons, the mix, and where the release lies."""
    prefix, folder = storage.release_prefix(version), release_folder(storage, version)
    manifest = release.read_manifest(folder)
    files = release.ReleaseFiles(version)
    rows = counted(manifest.rows, "row")
    return Shown(
        facts={
            "version": version,
            "path": storage.store.url(prefix),
            "manifest_sha256": release.manifest_sha256(folder),
            "dataset_hash": manifest.dataset_hash,
            "rows": manifest.rows,
            "steps": _steps(manifest),
            "losses": [line.model_dump() for line in manifest.reasons],
            "mix": [line.model_dump(exclude={"source"}) for line in manifest.mix_by_stage],
            "splits": manifest.rows_by_split,
        },
        tables={
            "What became of every record": _steps(manifest),
            "Each loss with its reason": _losses(manifest),
            "The mix of the release": [line.model_dump(exclude={"source"}) for line in manifest.mix_by_stage],
        },
        closing=[
            f"Release      {storage.store.url(f'{prefix}/{files.manifest}')}",
            f"Dataset      {storage.store.url(f'{prefix}/{files.parquet}')} ({rows})",
        ],
    )


def verification_result(storage: Storage, version: str, public_key: Path | None = None) -> Shown:
    """Every finding about the release's files; a failure when there is one.

    The key of the settings holds where none is given; the reports beside the release are held against what
    was attached to it, where that is known.
    """
    folder = release_folder(storage, version)
    key = public_key or storage.settings.public_key
    judged = read_manifest(storage.store, storage.result_prefix("qa_report", version))
    attached = {file.name: file.sha256 for file in judged.files} if judged else {}
    verification = release.verify(folder, release.load_public_key(key) if key else None, attached)
    signed = _signature(folder, version, key)
    rows: list[Row] = [
        {"file": finding.file, "problem": finding.problem.value, "detail": finding.detail}
        for finding in verification.findings
    ]
    files = counted(verification.files_checked, "file")
    verdict = (
        f"release {version}: {files}, {verification.bytes:,} bytes, as published"
        if verification.passed
        else f"release {version}: {counted(len(rows), 'finding')}"
    )
    return Shown(
        facts={
            "version": version,
            "passed": verification.passed,
            "findings": rows,
            "signature": signed,
            "files": [
                {
                    **entry.model_dump(),
                    "url": storage.store.url(f"{storage.release_prefix(version)}/{entry.name}"),
                }
                for entry in verification.entries
            ],
        },
        tables={"Findings": rows} if rows else {},
        closing=[verdict, f"signature: {signed}"] if verification.passed else [],
        failure=None if verification.passed else VerificationFailed(verdict),
    )


def _signature(folder: Path, version: str, key: Path | None) -> str:
    if not (folder / release.ReleaseFiles(version).signature).exists():
        return "none"
    return "checked" if key else "not checked; pass the public key with --public-key"


def release_folder(storage: Storage, version: str) -> Path:
    prefix = storage.release_prefix(version)
    if not storage.store.exists(prefix):
        raise release.not_published(version)
    return storage.store.fetch(prefix)


def _steps(manifest: release.Manifest) -> list[Row]:
    """Rows in and out of every step, over all sources."""
    rows: list[Row] = []
    delivered = [line for line in manifest.ledger if line.source != release.CANARIES]
    remaining = sum(line.records for line in delivered)
    for step, fate in STEPS:
        lost = sum(getattr(line, fate.value) for line in delivered)
        rows.append({"step": step, "in": remaining, "out": remaining - lost, "lost": lost, "as": fate.value})
        remaining -= lost
    return rows


def _losses(manifest: release.Manifest) -> list[Row]:
    return [line.model_dump() for line in manifest.reasons if line.fate != Fate.EXPORTED]


def keys_result(to: Path) -> Shown:
    """A new pair of keys, and what each is for."""
    public = make_keys(to)
    key = key_id(load_public_key(public))
    return Shown(
        facts={"private_key": str(to), "public_key": str(public), "key": key},
        closing=[
            f"{to} signs releases: set DATASET_SIGNING_KEY to it",
            f"{public} checks them: set DATASET_PUBLIC_KEY to it, or pass it to `verify --public-key`",
            f"key {key}",
        ],
    )
