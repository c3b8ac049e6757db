"""What every command shares: its options, and the platform that it works on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from dataset_platform.progress import Progress
from dataset_platform.settings import load_settings

if TYPE_CHECKING:
    from dataset_platform.operations import Operations

Preset = Annotated[
    str,
    typer.Option(help="cpu-demo, cpu, single-gpu, multi-gpu, or a YAML file of your own.", metavar="NAME"),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="Another value for a key of the preset; may be given again.", metavar="KEY=VALUE"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON.")]


def known_versions() -> list[str]:
    """What a shell offers for a version: those that have a spec."""
    return sorted(path.stem for path in load_settings().releases_dir.glob("*.yaml"))


def known_sources() -> list[str]:
    """What a shell offers for a source: those that are described."""
    return sorted(path.stem for path in load_settings().sources_dir.glob("*.yaml"))


Version = Annotated[
    str,
    typer.Option(
        help="Version of the release, such as 1.0.0.", show_default=False, autocompletion=known_versions
    ),
]


@contextmanager
def operations_of_this_project() -> "Iterator[Operations]":
    """Dagster and Daft take seconds to import: only commands that compute pay for it."""
    load_settings()
    from dataset_platform.launch import dagster_instance
    from dataset_platform.operations import Operations
    from dataset_platform.storage.io_managers import Storage

    with dagster_instance() as instance:
        yield Operations(instance, Storage(), Progress(Console(stderr=True)))
