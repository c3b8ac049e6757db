"""`dataset-platform storage`: what lies where, beyond single releases."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dataset_platform.commands.context import Json, Version
from dataset_platform.progress import Progress
from dataset_platform.settings import StorageBackend, load_settings

storage_app = typer.Typer(
    help="Remove what interrupted writes left; copy releases between backends.", no_args_is_help=True
)


@storage_app.command("gc")
def storage_gc(
    delete: Annotated[
        bool, typer.Option("--delete", help="Remove it; without this it is only shown.")
    ] = False,
    older_than: Annotated[
        float,
        typer.Option(
            min=0,
            help="Hours since it was last touched. Less than 24 only while no other machine writes.",
        ),
    ] = 24.0,
    json: Json = False,
) -> None:
    """Find what interrupted and superseded writes left, and remove it with --delete.

    Nothing that a reader could come by is touched: releases, current results and what is being written stay.

    Example: dataset-platform storage gc --delete

    Exit status: 0 done; 1 the storage cannot be reached or refuses; 2 bad settings.
    """
    load_settings()
    from dataset_platform.results.storage import garbage_result
    from dataset_platform.storage.io_managers import Storage

    garbage_result(Storage(), timedelta(hours=older_than), delete).print(json)


@storage_app.command("copy")
def storage_copy(
    source: Annotated[
        StorageBackend, typer.Option("--from", help="Backend that has it.", show_default=False)
    ],
    target: Annotated[StorageBackend, typer.Option("--to", help="Backend that gets it.", show_default=False)],
    version: Version,
    checkpoint: Annotated[
        bool, typer.Option("--checkpoint", help="Copy its checkpoint and eval report, too.")
    ] = False,
    from_path: Annotated[
        Path | None, typer.Option(help="Root of the source, if it is local; DATASET_STORAGE_LOCAL_PATH.")
    ] = None,
    to_path: Annotated[
        Path | None, typer.Option(help="Root of the destination, if it is local; DATASET_STORAGE_LOCAL_PATH.")
    ] = None,
    json: Json = False,
) -> None:
    """Copy a release from one storage backend to another, and verify it on both sides.

    Buckets and credentials come from the environment, as everywhere. A release that is there already is
    verified and left alone. Interrupted, the same command begins again; half a release is never seen.

    Example: dataset-platform storage copy --from local --to s3 --version 1.0.0

    Exit status: 0 done; 1 bytes are not as published, or the destination has another release of this version;
    2 no such release, or bad settings.
    """
    from_settings = load_settings(**_side("--from-path", source, from_path))
    to_settings = load_settings(**_side("--to-path", target, to_path))
    from dataset_platform.results.storage import copy_result

    copy_result(from_settings, to_settings, version, checkpoint, Progress(Console(stderr=True))).print(json)


def _side(option: str, backend: StorageBackend, path: Path | None) -> dict[str, object]:
    """The settings that choose one end of the way."""
    if path is None:
        return {"storage_backend": backend}
    if backend is not StorageBackend.LOCAL:
        raise typer.BadParameter(f"only a local backend has a path, not {backend}", param_hint=option)
    return {"storage_backend": backend, "storage_local_path": path}
