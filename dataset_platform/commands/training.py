"""`dataset-platform train` and `checkpoint`: a release into a checkpoint, and that into a plain model."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dataset_platform.commands.context import Json, Overrides, Preset, Version, operations_of_this_project

checkpoint_app = typer.Typer(help="Checkpoints of releases.", no_args_is_help=True)


class RunsIn(StrEnum):
    PROCESS = "process"
    SUBPROCESS = "subprocess"
    RAY = "ray"


def train(
    version: Version,
    preset: Preset = "cpu-demo",
    overrides: Overrides = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what the run would be, and whether it fits; train nothing.")
    ] = False,
    despite_failed_gates: Annotated[
        str | None,
        typer.Option(
            help="Train although gates failed, for this reason; the checkpoint records it.", metavar="REASON"
        ),
    ] = None,
    runs_in: Annotated[
        RunsIn,
        typer.Option(
            help="Train in this process, in one of its own, or as a job of the cluster in RAY_ADDRESS."
        ),
    ] = RunsIn.PROCESS,
    json: Json = False,
) -> None:
    """Fine-tune a base model on a release that verifies and passed its gates.

    Writes data/checkpoints/v<version>/: weights, tokenizer, model card and manifest in Hugging Face layout.
    Killed, even with kill -9, the same command goes on from the last state and ends with the same losses.
    Every key that --set takes is in docs/reference.md. While as many trainings run as the pool `training` has
    slots, one by default, it waits.

    --plan prints tokens an epoch, steps, memory and time. It loads no weights; time is estimated from a
    half-second measurement of matrix products.

    Example: dataset-platform train --version 1.0.0 --set method=full --set max_steps=20 --plan

    Exit status: 0 done; 1 training stopped, will not fit, or the release failed its gates; 2 no such release,
    preset, key or base model.
    """
    from dataset_platform.operations import TrainingWish
    from dataset_platform.results.models import checkpoint_result, forecast_result

    wanted = TrainingWish(preset, overrides or [], despite_failed_gates, runs_in.value)
    with operations_of_this_project() as operations:
        if plan:
            forecast_result(operations.checkpoints.plan(version, wanted)).print(json)
            return
        operations.checkpoints.train(version, wanted)
        checkpoint_result(operations.storage, version).print(json)


@checkpoint_app.command("merge")
def merge(
    version: Version,
    out: Annotated[Path, typer.Option(help="Folder to write, new or empty.", show_default=False)],
    base_model: Annotated[
        str | None,
        typer.Option(help="Folder of the base model, where it was trained on a folder.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Fold a checkpoint's adapters into its base model, as a model that loads with plain transformers.

    Every byte of the checkpoint is verified first, and the base model must be the one it was trained on.

    Example: dataset-platform checkpoint merge --version 1.0.0 --out merged

    Exit status: 0 done; 1 a file differs, or another base model; 2 no such checkpoint, or OUT is not empty.
    """
    from dataset_platform.results.models import merged_result

    with operations_of_this_project() as operations:
        merged_result(operations.checkpoints.merge(version, base_model, out)).print(json)
