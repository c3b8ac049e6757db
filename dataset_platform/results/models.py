"""Checkpoints: what training would be, what it gave, and how it compares."""

from collections.abc import Sequence
from pathlib import Path

from dataset_platform import evaluation, release, training
from dataset_platform.display import Shown
from dataset_platform.errors import GateFailed, InputError
from dataset_platform.standings import outdated, standings
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import home_key, open_folder


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


def forecast_result(told: "training.Forecast") -> Shown:
    """Tokens, steps, memory and time of a run that was not started; fails where it will not fit."""
    run = {
        "conversations": told.conversations,
        "tokens an epoch": told.tokens_per_epoch,
        "steps an epoch": told.steps_per_epoch,
        "steps": told.steps,
        "tokens": told.tokens,
        "trained parameters": f"{told.trained_parameters:,} of {told.parameters:,}",
    }
    parts = {**vars(told.memory), "in all": told.memory.total, "available": told.available_bytes}
    skipped = ", ".join(f"{n} {why}" for why, n in told.skipped.items()) or "nothing"
    return Shown(
        facts={
            **{key: value for key, value in vars(told).items() if key != "memory"},
            "memory": {**vars(told.memory), "total": told.memory.total},
            "fits": told.refusal is None,
        },
        tables={
            "Run": [run],
            "Memory of a device, estimated": [{name: f"{n / 1e9:.2f} GB" for name, n in parts.items()}],
        },
        closing=[
            f"Time         about {told.duration_s / 60:,.1f} min at {told.tokens_per_s:,.0f} tokens/s: "
            f"{told.efficiency:.0%} of the {told.probe_flops / 1e9:,.0f} GFLOP/s of matrix products here",
            f"Left out     {skipped}; {told.truncated:,} shortened",
        ],
        failure=told.refusal,
    )


def merged_result(folder: Path) -> Shown:
    """Where the merged model lies."""
    return Shown(facts={"path": str(folder)}, closing=[f"Model        {folder}"])


def evaluation_result(storage: Storage, version: str) -> Shown:
    """Whether the checkpoint of a release may ship, its gates, the comparison; a failure where it may not."""
    prefix = storage.checkpoint_prefix(version)
    html = f"{prefix}/{release.ReleaseFiles(version).eval_reports[-1]}"
    if not storage.store.exists(html):
        raise InputError(
            f"the checkpoint of {version} has no eval report yet; "
            f"try `dataset-platform evaluate --version {version}`"
        )
    report = evaluation.read_report(storage.store.fetch(prefix), version)
    failed = ", ".join(report.failed)
    return Shown(
        facts={
            "verdict": report.decision.value,
            "against": report.against,
            "gates": [gate.model_dump(mode="json") for gate in report.gates],
            "metrics": [metric.model_dump(mode="json") for metric in report.metrics],
            "regressions": list(report.regressions),
            "eval_report": storage.store.url(html),
        },
        tables={
            f"Eval report of {version}: {report.decision}": evaluation.gate_rows(report),
            "Comparison": evaluation.summary(report),
        },
        closing=[f"Eval report  {storage.store.url(html)}"],
        failure=GateFailed(f"the checkpoint of {version} is not to ship: it fails {failed}")
        if failed
        else None,
    )


def harness_result(storage: Storage, version: str, out: Path) -> Shown:
    """Writes the held-out replies and the probes as tasks for another harness."""
    rows = open_folder(storage.store, storage.checkpoint_prefix(version))
    if rows is None or not storage.store.exists(storage.release_prefix(version)):
        raise InputError(
            f"release {version} has no checkpoint; try `dataset-platform train --version {version}`"
        )
    published = storage.store.fetch(storage.release_prefix(version))
    paths = evaluation.write_tasks(release.parquet_path(published, version), rows.path, out)
    names = [str(path) for path in paths]
    return Shown(facts={"tasks": names}, closing=names)


def leaderboard_result(storage: Storage, versions: Sequence[str]) -> Shown:
    """All evaluated versions, oldest first."""
    found = standings(storage, versions)
    others = outdated(storage, versions, found)
    left_out = f"evaluated by another version of this program: {', '.join(others)}; evaluate again"
    if not found:
        raise InputError(
            left_out
            if others
            else "no version was evaluated yet; try `dataset-platform evaluate --version <version>`"
        )
    rows = evaluation.board_rows(found)
    return Shown(
        facts={"versions": rows, "outdated": others},
        tables={"Leaderboard": rows},
        closing=[f"Left out     {left_out}"] if others else [],
    )
