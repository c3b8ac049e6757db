"""What lies in storage for a version, as commands show it."""

from collections.abc import Sequence
from pathlib import Path

import daft

from dataset_platform import evaluation, quality, release, training
from dataset_platform.display import Row, Shown
from dataset_platform.errors import GateFailed, InputError, VerificationFailed
from dataset_platform.schemas import Fate
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import Folder, home_key, open_folder


def release_result(storage: Storage, version: str) -> Shown:
    """Rows of each step, losses with reasons, the mix, and where the release lies."""
    prefix, folder = storage.release_prefix(version), _release_folder(storage, version)
    manifest = release.read_manifest(folder)
    files = release.ReleaseFiles(version)
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
            "splits": _rows_by_split(manifest),
        },
        tables={
            "What became of every record": _steps(manifest),
            "Each loss with its reason": _losses(manifest),
            "The mix of the release": [line.model_dump(exclude={"source"}) for line in manifest.mix_by_stage],
        },
        closing=[
            f"Release      {storage.store.url(f'{prefix}/{files.manifest}')}",
            f"Dataset      {storage.store.url(f'{prefix}/{files.parquet}')} ({manifest.rows:,} rows)",
        ],
    )


def sources_result(storage: Storage, names: Sequence[str] = ()) -> Shown:
    """Records read, quarantined and dropped of each source that was cleaned, or of the named ones."""
    rows: list[Row] = []
    for name in names or _cleaned_sources(storage):
        raw, quarantined = (_open(storage, asset, name) for asset in ("raw_conversations", "quarantine"))
        clean = daft.read_parquet(_paths(_open(storage, "clean_conversations", name)))
        dropped = clean.where(daft.col("drop_reason").not_null()).count_rows()
        kept, lost = raw.manifest.rows, quarantined.manifest.rows
        rows.append(
            {
                "source": name,
                "records": kept + lost,
                "quarantined": lost,
                "dropped": dropped,
                "fit": kept - dropped,
            }
        )
    none = [] if rows else ["no source was cleaned yet; try `dataset-platform sources clean`"]
    return Shown(facts={"sources": rows}, tables={"Sources": rows} if rows else {}, closing=none)


def quarantine_result(storage: Storage, name: str) -> Shown:
    """Place, reason and detail of every record of a source that could not be read."""
    frame = daft.read_parquet(_paths(_open(storage, "quarantine", name)))
    columns: list[daft.Expression | str] = ["origin_file", "origin_position", "reason", "detail"]
    rows = frame.select(*columns).sort(columns[:2]).to_pylist()
    return Shown(
        facts={"source": name, "quarantined": rows},
        tables={f"Quarantine of {name}": rows},
        closing=[f"{len(rows)} records of {name} could not be read"],
    )


def verification_result(storage: Storage, version: str) -> Shown:
    """Every finding about the release's files; a failure when there is one."""
    folder = _release_folder(storage, version)
    verification = release.verify(folder)
    rows: list[Row] = [
        {"file": finding.file, "problem": finding.problem.value, "detail": finding.detail}
        for finding in verification.findings
    ]
    verdict = (
        f"release {version}: {verification.files_checked} files, {verification.bytes:,} bytes, as published"
        if verification.passed
        else f"release {version}: {len(rows)} findings"
    )
    return Shown(
        facts={"version": version, "passed": verification.passed, "findings": rows},
        tables={"Findings": rows} if rows else {},
        closing=[verdict] if verification.passed else [],
        failure=None if verification.passed else VerificationFailed(verdict),
    )


def checkpoint_result(storage: Storage, version: str) -> Shown:
    """Steps, tokens and loss of the checkpoint of a release."""
    prefix = storage.checkpoint_prefix(version)
    folder = open_folder(storage.store, prefix)
    if folder is None:
        raise InputError(
            f"release {version} has no checkpoint; try `dataset-platform train --version {version}`"
        )
    manifest = training.verify_checkpoint(folder.path).manifest
    losses = manifest.validation_losses
    facts = {
        "steps": manifest.steps,
        "conversations": manifest.counts.seen,
        "tokens trained": manifest.tokens_trained,
        "first validation loss": losses[0] if losses else None,
        "last validation loss": losses[-1] if losses else None,
        "tokens/s": manifest.tokens_per_s,
    }
    return Shown(
        facts={"version": version, **facts, "path": str(folder.path)},
        tables={"Checkpoint": [facts]},
        closing=[f"Checkpoint   {storage.store.url(home_key(prefix, folder.manifest))}"],
    )


def calibration_result(labels: Path, conversations: Path) -> Shown:
    """Measures every validator again and shows the table that reports quote from now on."""
    table, head = quality.calibrate(labels, conversations)
    quality.write_calibration(table, head)
    rows: list[Row] = [
        {"validator": a.validator, "metric": a.metric, "value": a.value, "n": a.n, "data": a.dataset}
        for a in table.entries
    ]
    return Shown(facts={"accuracies": rows}, tables={"Accuracy of the validators": rows})


def quality_result(storage: Storage, version: str) -> Shown:
    """The gates of the QA report with values, thresholds and validators' accuracy."""
    prefix = storage.release_prefix(version)
    html = f"{prefix}/{release.ReleaseFiles(version).qa_reports[-1]}"
    if not storage.store.exists(html):
        raise InputError(
            f"release {version} has no QA report yet; try `dataset-platform qa --version {version}`"
        )
    report = quality.read_report(storage.store.fetch(prefix), version)
    return Shown(
        facts={
            "passed": report.passed,
            "failed": report.failed,
            "not_measured": report.not_measured,
            "gates": [gate.model_dump(mode="json") for gate in report.gates],
            "qa_report": storage.store.url(html),
        },
        tables={"Quality gates": quality.brief_summary(report)},
        closing=[f"QA report    {storage.store.url(html)}"],
        failure=None if report.passed else GateFailed(f"release {version} fails {', '.join(report.failed)}"),
    )


def evaluation_result(storage: Storage, version: str) -> Shown:
    """Held-out loss of base and tuned model with its interval."""
    prefix = storage.checkpoint_prefix(version)
    html = f"{prefix}/{release.ReleaseFiles(version).eval_reports[-1]}"
    if not storage.store.exists(html):
        raise InputError(
            f"the checkpoint of {version} has no eval report yet; "
            f"try `dataset-platform evaluate --version {version}`"
        )
    report = evaluation.read_report(storage.store.fetch(prefix), version)
    return Shown(
        facts={
            "verdict": report.verdict.value,
            "overall": report.overall.model_dump(mode="json"),
            "by_stage": [line.model_dump(mode="json") for line in report.by_stage],
            "eval_report": storage.store.url(html),
        },
        tables={"Held-out loss, base against tuned": evaluation.brief_summary(report)},
        closing=[f"Eval report  {storage.store.url(html)}"],
    )


def _release_folder(storage: Storage, version: str) -> Path:
    prefix = storage.release_prefix(version)
    if not storage.store.exists(prefix):
        raise InputError(
            f"release {version} is not published; try `dataset-platform export --version {version}`"
        )
    return storage.store.fetch(prefix)


def _cleaned_sources(storage: Storage) -> list[str]:
    prefix = f"{storage.settings.processed_prefix}/clean_conversations"
    found = {stored.key.removeprefix(f"{prefix}/").split("/")[0] for stored in storage.store.list(prefix)}
    return sorted(found)


def _open(storage: Storage, asset: str, source: str) -> Folder:
    folder = open_folder(storage.store, storage.result_prefix(asset, source))
    if folder is None:
        raise InputError(
            f"source {source} was not cleaned yet; try `dataset-platform sources clean {source}`"
        )
    return folder


def _paths(folder: Folder) -> list[str]:
    return [str(folder.path / file.name) for file in folder.manifest.files]


def _steps(manifest: release.Manifest) -> list[Row]:
    """Rows in and out of every step, over all sources."""
    rows: list[Row] = []
    remaining = sum(line.records for line in manifest.ledger)
    for step, fate in STEPS:
        lost = sum(getattr(line, fate.value) for line in manifest.ledger)
        rows.append({"step": step, "in": remaining, "out": remaining - lost, "lost": lost, "as": fate.value})
        remaining -= lost
    return rows


STEPS = (
    ("read source files", Fate.QUARANTINED),
    ("clean", Fate.FILTERED),
    ("find duplicates", Fate.DUPLICATE),
    ("draw the release", Fate.NOT_SAMPLED),
)


def _losses(manifest: release.Manifest) -> list[Row]:
    return [line.model_dump() for line in manifest.reasons if line.fate != Fate.EXPORTED]


def _rows_by_split(manifest: release.Manifest) -> dict[str, int]:
    splits: dict[str, int] = {}
    for line in manifest.distribution:
        splits[line.split] = splits.get(line.split, 0) + line.rows
    return splits
