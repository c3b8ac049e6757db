"""`dataset-platform sources`: from a folder of files to clean conversations."""

from typing import Annotated

import typer

from dataset_platform.commands.context import Json, known_sources, operations_of_this_project
from dataset_platform.schemas import QuarantineReason

LISTED_RECORDS = 10

Source = Annotated[str, typer.Argument(help="The source.", show_default=False, autocompletion=known_sources)]

sources_app = typer.Typer(
    help="Describe sources, read and clean them, see what was quarantined.", no_args_is_help=True
)


@sources_app.command("samples")
def sources_samples(json: Json = False) -> None:
    """Lay down the bundled sample sources: files in data/raw/, descriptions in sources/.

    What is there already with the same bytes stays as it is.

    Example: dataset-platform sources samples

    Exit status: 0 done; 2 sources/ describes one of them otherwise.
    """
    from dataset_platform.demonstration import sample_sources

    with operations_of_this_project() as operations:
        sample_sources(operations).print(json)


@sources_app.command("list")
def sources_list(json: Json = False) -> None:
    """List the sources that a release would take in, with records read, quarantined and dropped.

    Reads what `sources clean` made.

    Example: dataset-platform sources list --json

    Exit status: 0 done; 2 the settings cannot be used.
    """
    from dataset_platform.results.sources import sources_result

    with operations_of_this_project() as operations:
        sources_result(operations.storage, operations.sources.known()).print(json)


@sources_app.command("check")
def sources_check(
    source: Annotated[
        str, typer.Argument(help="Name of a source in the landing area, or any folder.", show_default=False)
    ],
    name: Annotated[
        str | None, typer.Option(help="What the source is called; as the folder, if not given.")
    ] = None,
    write: Annotated[bool, typer.Option(help="Write the draft to sources/<name>.yaml.")] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Draft anew, and overwrite the description that is there.")
    ] = False,
    json: Json = False,
) -> None:
    """Show how a source's files would be read, and draft the description that they lack.

    Where sources/<name>.yaml is there, the files are read as it says. Where
    not, their shape is sniffed and a draft of it is written. Either way you
    see three records as they would be read, how many would be read of how
    many, why the others not, and which files are left out. Nothing else is
    stored. This is the one command that prints text of conversations,
    shortened.

    Examples: dataset-platform sources check annomi

    dataset-platform sources check ~/Downloads/talks --name talks --no-write

    Exit status: 0 records would be read; 2 none would, or the folder or the
    description needs mending.
    """
    from dataset_platform.results.source_checks import check_result

    with operations_of_this_project() as operations:
        check_result(operations.sources.check(source, name, write, force)).print(json)


@sources_app.command("clean")
def sources_clean(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Sources; all that are described if none.", autocompletion=known_sources),
    ] = None,
    json: Json = False,
) -> None:
    """Read and clean sources: data/raw/<source>/ as sources/<source>.yaml describes it.

    Every source is a run of its own. One that fails does not stop the others; what failed is said at the end.

    Example: dataset-platform sources clean edge_cases

    Exit status: 0 done; 1 a contract is broken; 2 a description or the landing area needs mending.
    """
    from dataset_platform.results.sources import cleaning_result

    with operations_of_this_project() as operations:
        cleaned = operations.sources.clean(names or [])
        cleaning_result(operations.storage, cleaned.done, cleaned.failure).print(json)


@sources_app.command("fetch")
def sources_fetch(
    name: Annotated[
        str, typer.Argument(help="The source.", show_default=False, autocompletion=known_sources)
    ],
    pin: Annotated[
        bool, typer.Option("--pin", help="Print the pin of what the origin holds now; put nothing anywhere.")
    ] = False,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Accept addresses that begin with http://.")
    ] = False,
    json: Json = False,
) -> None:
    """Fetch the files of a source's `origin` into data/raw/<source>/; nothing else writes there.

    The origin is a dataset on the Hugging Face Hub, a list of web addresses, or an s3:// or gs:// prefix,
    pinned by revision or SHA-256 in sources/<source>.yaml. A fetch that broke off goes on where it stopped.
    Files with the pinned bytes are left alone; files that did not come from the origin are never overwritten.

    Example: dataset-platform sources fetch esconv

    Exit status: 0 done; 1 the origin gives no answer, or other bytes than were pinned; 2 the description or
    the landing area needs mending.
    """
    from dataset_platform.deliveries import fetch_source, pin_source
    from dataset_platform.results.sources import fetched_result, pinned_result

    with operations_of_this_project() as operations:
        storage, progress = operations.storage, operations.progress
        if pin:
            shown = pinned_result(name, pin_source(storage, name, progress, allow_http))
        else:
            shown = fetched_result(name, fetch_source(storage, name, progress, allow_http))
        shown.print(json)


@sources_app.command("quarantine")
def sources_quarantine(
    name: Annotated[
        str, typer.Argument(help="The source.", show_default=False, autocompletion=known_sources)
    ],
    reason: Annotated[QuarantineReason | None, typer.Option(help="Only records with this reason.")] = None,
    file: Annotated[
        str | None, typer.Option(help="Only records of this file, named from the source's folder on.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=0, help="Records to list; 10 in a table, all in JSON, if not given.")
    ] = None,
    json: Json = False,
) -> None:
    """Show what could not be read of a source, with the cure.

    Groups by reason and file come first, then the records one by one. Reads
    what `sources clean` made. Once the file or the description is mended,
    `sources clean` moves what now parses out of the quarantine.

    Example: dataset-platform sources quarantine edge_cases --reason bad_syntax --limit 50

    Exit status: 0 done; 2 the source was not cleaned yet.
    """
    from dataset_platform.results.sources import quarantine_result

    with operations_of_this_project() as operations:
        listed = LISTED_RECORDS if limit is None and not json else limit
        quarantine_result(operations.storage, name, reason, file, listed).print(json)
