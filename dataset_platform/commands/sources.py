"""`dataset-platform sources`: from a folder of files to clean conversations."""

from typing import Annotated

import typer

from dataset_platform.commands.context import Json, operations_of_this_project

sources_app = typer.Typer(
    help="List sources, read and clean them, see what was quarantined.", no_args_is_help=True
)


@sources_app.command("samples")
def sources_samples(json: Json = False) -> None:
    """Lay down the bundled sample sources: files in data/raw/, descriptions in sources/."""
    from dataset_platform.demonstration import sample_sources

    with operations_of_this_project() as operations:
        sample_sources(operations).print(json)


@sources_app.command("list")
def sources_list(json: Json = False) -> None:
    """List the sources with records read, quarantined and dropped."""
    from dataset_platform.results import sources_result

    with operations_of_this_project() as operations:
        sources_result(operations.storage).print(json)


@sources_app.command("clean")
def sources_clean(
    names: Annotated[
        list[str] | None, typer.Argument(help="Sources; all that are described if none.")
    ] = None,
    json: Json = False,
) -> None:
    """Read and clean sources: data/raw/<source>/ as sources/<source>.yaml describes it.

    Example: dataset-platform sources clean edge_cases

    Exit status: 0 done; 1 a contract is broken; 2 a description or the landing area needs mending.
    """
    from dataset_platform.results import sources_result

    with operations_of_this_project() as operations:
        cleaned = operations.clean_sources(names or [])
        sources_result(operations.storage, cleaned).print(json)


@sources_app.command("quarantine")
def sources_quarantine(
    name: Annotated[str, typer.Argument(help="The source.", show_default=False)], json: Json = False
) -> None:
    """Show every record of a source that could not be read: file, position, reason and detail."""
    from dataset_platform.results import quarantine_result

    with operations_of_this_project() as operations:
        quarantine_result(operations.storage, name).print(json)
