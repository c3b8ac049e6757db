"""trained_checkpoint: the base model fine-tuned on the train split of one release."""

from pathlib import Path
from typing import Any

import dagster as dg

from dataset_platform import quality, release, training
from dataset_platform.assets.partitions import TRAINING, VERSIONS
from dataset_platform.assets.presentation import OWNERS, Holds, tags
from dataset_platform.errors import TrainingFailed
from dataset_platform.evaluation.plots import loss_curve
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.presentation import picture, table
from dataset_platform.storage.work import Folder, Work


class TrainingRun(dg.Config):
    """Which preset trains the checkpoint."""

    preset: str = "cpu-demo"


@dg.asset(
    partitions_def=VERSIONS,
    group_name="5_training",
    owners=OWNERS,
    tags=tags(Holds.WEIGHTS, alone=False),
    kinds={"pytorch", "huggingface"},
    io_manager_key="checkpoints",
    code_version=training.VERSION,
    pool=TRAINING,
)
def trained_checkpoint(
    context: dg.AssetExecutionContext,
    config: TrainingRun,
    storage: Storage,
    dataset_export: Folder,
    qa_report: Folder,
) -> Work:
    """A LoRA adapter of the base model, trained on assistant turns only, with a manifest naming the release.

    When it is red: the message says what the training met (a failed gate, no assistant turn, a loss that is
    not a number, with the conversations of that batch); nothing half-trained is ever published.
    """
    version = context.partition_key
    report = quality.read_report(qa_report.path, version)
    if not report.passed:
        failed = ", ".join(report.failed)
        raise TrainingFailed(f"release {version} failed its quality gates ({failed}); mend the release first")
    preset = training.load_preset(config.preset)
    base_model = training.prepare_base_model(storage.settings.cache)
    manifest_sha256 = release.manifest_sha256(dataset_export.path)
    return Work(
        inputs={
            "manifest": manifest_sha256,
            "config": preset.model_dump_json(),
            "base_model": base_model.name,
            "training": training.VERSION,
        },
        build=lambda folder: training.train(
            rows=release.parquet_path(dataset_export.path, version),
            manifest_sha256=manifest_sha256,
            version=version,
            config=preset,
            base_model=base_model,
            out=folder,
            log=context.log.info,
        ),
        describe=_facts,
    )


def _facts(folder: Path) -> dict[str, Any]:
    """What the UI shows of a checkpoint: counts, losses, speed."""
    manifest = training.verify_checkpoint(folder).manifest
    return {
        "release_manifest_sha256": manifest.release.manifest_sha256,
        "counts": table([manifest.counts.model_dump()]),
        "plot": picture(loss_curve(manifest.loss_curve).encode(), "svg+xml", "Loss by step"),
        "loss_curve": table([point.model_dump() for point in manifest.loss_curve]),
        "tokens_per_s": manifest.tokens_per_s,
        "peak_rss_bytes": manifest.peak_rss_bytes,
    }
