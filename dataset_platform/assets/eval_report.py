"""eval_report: whether the checkpoint of one release may ship."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from dataset_platform import evaluation, quality, release, training
from dataset_platform.assets.partitions import VERSIONS
from dataset_platform.assets.presentation import OWNERS, Holds, tags
from dataset_platform.errors import InputError
from dataset_platform.standings import previous_checkpoint, standings
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.presentation import picture, table
from dataset_platform.storage.work import Folder, Work, open_folder

NOBODY = "none"


class EvaluationRun(dg.Config):
    """What to compare with (empty: the newest earlier checkpoint on the same base model), how much to ask.

    `base_model` is where the base model lies (empty: where the checkpoint says).
    """

    against: str = ""
    quick: bool = False
    base_model: str = ""


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
    context: dg.AssetExecutionContext,
    config: EvaluationRun,
    storage: Storage,
    dataset_export: Folder,
    trained_checkpoint: Folder,
) -> Work:
    """Base, tuned and previous model compared: held-out loss, replies, safety, privacy, fairness, speed.

    Each figure has an interval, each gate is a check of this asset. The files lie beside the checkpoint.

    When it is red: the message names what is missing. A checkpoint that may not ship is no error: the report
    is made, its verdict says so, and the checks of the gates that failed are red.
    """
    version = context.partition_key
    versions = context.instance.get_dynamic_partitions(str(VERSIONS.name))
    trained = training.verify_checkpoint(trained_checkpoint.path).manifest
    named = config.base_model or trained.config.base_model
    base_model = training.find_base_model(named, storage.settings.cache)
    manifest_sha256 = release.manifest_sha256(dataset_export.path)
    previous = _compared_with(storage, version, versions, config.against, trained.base_model.sha256)
    asked = evaluation.EvaluationConfig.quick() if config.quick else evaluation.EvaluationConfig()
    trained_heads = open_folder(storage.store, storage.result_prefix("trained_heads", None))

    def build(folder: Path) -> None:
        report = evaluation.evaluate(
            release.parquet_path(dataset_export.path, version),
            version=version,
            manifest_sha256=manifest_sha256,
            checkpoint=trained_checkpoint.path,
            base_model=base_model,
            config=asked,
            log=context.log.info,
            folder=folder,
            previous=evaluation.Previous(previous[0], previous[1].path) if previous else None,
            heads=quality.read_heads(trained_heads.path) if trained_heads else {},
        )
        evaluation.write_report(report, folder)

    return Work(
        inputs={
            "manifest": manifest_sha256,
            "checkpoint": trained_checkpoint.digest,
            "previous": previous[1].digest if previous else NOBODY,
            "base_model": base_model.name,
            "config": asked.model_dump_json(),
            "embedder": quality.chosen_sentence_model().name,
            "heads": trained_heads.digest if trained_heads else NOBODY,
            "evaluation": evaluation.VERSION,
        },
        build=build,
        describe=lambda folder: _facts(storage, folder, version, versions),
    )


def _compared_with(
    storage: Storage, version: str, versions: Sequence[str], against: str, base_model_sha256: str
) -> tuple[str, Folder] | None:
    """The version and checkpoint to compare with; raises InputError for a named one that cannot be."""
    if against == NOBODY:
        return None
    if against == version:
        raise InputError(
            f"{version} is what is evaluated, and no news beside itself; name another version, or `{NOBODY}`"
        )
    if not against:
        return previous_checkpoint(storage, version, versions, base_model_sha256)
    folder = open_folder(storage.store, storage.checkpoint_prefix(against))
    if folder is None:
        raise InputError(
            f"release {against} has no checkpoint to compare with; "
            f"try `dataset-platform train --version {against}`"
        )
    return against, folder


def _facts(storage: Storage, folder: Path, version: str, versions: Sequence[str]) -> dict[str, Any]:
    """What the UI shows: verdict, gates, comparison, and all versions so far as a table and a plot.

    Numbers by themselves, which Dagster plots over materialisations.
    """
    report = evaluation.read_report(folder, version)
    others = [one for one in standings(storage, versions) if one.report.version != version]
    board = [*others, evaluation.Standing.now(report)]
    tuned = {metric.name: metric.estimates[evaluation.Model.TUNED].value for metric in report.metrics}
    return {
        "verdict": report.headline,
        "gates": table(evaluation.gate_rows(report)),
        "metrics": table(evaluation.summary(report)),
        "leaderboard": table(evaluation.board_rows(board)),
        "leaderboard_plot": picture(evaluation.board(board), "png", "Loss and safety by version"),
        **{
            name: value
            for name in ("loss", "safety_pass", "win_rate")
            if (value := tuned.get(name)) is not None
        },
    }
