"""`dataset-platform doctor`: whether the platform can work here."""

from typing import Annotated

import typer
from rich.console import Console

from dataset_platform.commands.context import Json
from dataset_platform.progress import Progress


def doctor(
    ready: Annotated[
        bool, typer.Option("--ready", help="Only whether work can be taken now: for deployments.")
    ] = False,
    json: Json = False,
) -> None:
    """Check what is needed: Python, packages, Dagster, engine, models, disk, memory, GPU, cache, storage.

    One line each: ok, warning or failed, with the remedy. Storage is tried for real: probes of 64 KiB below
    <exports>/.staging/ are listed, written, read back, created twice and deleted, and the permission that is
    missing is named. Nothing is left behind. With DATASET_ENGINE=ray the cluster has to answer, and each of
    its nodes to have this Python, these packages and this code.

    With --ready nothing is written and the machine is not looked at: Dagster's database answers, each part
    of its daemon gave a sign of life in the last minutes, and the storage can be listed.

    Example: dataset-platform doctor

    Exit status: 0 nothing failed; 1 something failed; 2 the settings cannot be used.
    """
    with Progress(Console(stderr=True)).task("Look at this machine and its storage"):
        from dataset_platform.results.diagnosis import diagnosis_result, readiness_result

        shown = readiness_result() if ready else diagnosis_result()
    shown.print(json)
