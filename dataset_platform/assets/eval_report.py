"""eval_report: whether the checkpoint is better than the base model on held-out conversations."""

import dagster as dg

from dataset_platform import evaluation, release, training
from dataset_platform.assets.partitions import VERSIONS
from dataset_platform.assets.presentation import OWNERS, Holds, tags
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.presentation import table
from dataset_platform.storage.work import Folder, Work


@dg.asset(
    partitions_def=VERSIONS,
    group_name="6_evaluation",
    owners=OWNERS,
    tags=tags(Holds.MASKED_TEXT, alone=False),
    kinds={"json", "markdown", "html"},
    io_manager_key="eval_reports",
    code_version=evaluation.VERSION,
)
def eval_report(
    context: dg.AssetExecutionContext, storage: Storage, dataset_export: Folder, trained_checkpoint: Folder
) -> Work:
    """Held-out loss and perplexity of base and tuned model with an interval, sample replies, latency.

    The files lie beside the checkpoint.

    When it is red: the message names what is missing; a checkpoint that is not better is not an error,
    the report says so in its verdict.
    """
    version = context.partition_key
    trained_on = training.verify_checkpoint(trained_checkpoint.path).manifest.config.base_model
    base_model = training.find_base_model(trained_on, storage.settings.cache)
    manifest_sha256 = release.manifest_sha256(dataset_export.path)
    config = evaluation.EvaluationConfig()
    return Work(
        inputs={
            "manifest": manifest_sha256,
            "checkpoint": trained_checkpoint.digest,
            "base_model": base_model.name,
            "config": config.model_dump_json(),
            "evaluation": evaluation.VERSION,
        },
        build=lambda folder: evaluation.write_report(
            evaluation.evaluate(
                release.parquet_path(dataset_export.path, version),
                version=version,
                manifest_sha256=manifest_sha256,
                checkpoint=trained_checkpoint.path,
                base_model=base_model,
                config=config,
                log=context.log.info,
            ),
            folder,
        ),
        describe=lambda folder: {
            "metrics": table(evaluation.summary(evaluation.read_report(folder, version)))
        },
    )
