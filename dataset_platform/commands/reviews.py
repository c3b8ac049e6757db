"""`dataset-platform reviews`: what waits for a person's decision."""

from typing import Annotated

import typer

from dataset_platform.commands.context import Json, operations_of_this_project

LISTED_ROWS = 50

reviews_app = typer.Typer(help="See which flagged conversations wait for a reviewer.", no_args_is_help=True)


@reviews_app.command("list")
def reviews_list(
    source: Annotated[str | None, typer.Option(help="Only conversations of this source.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=0, help="Rows to list; 50 in a table, all in JSON, if not given.")
    ] = None,
    json: Json = False,
) -> None:
    """List the conversations with flags that neither a rule nor a reviewer has resolved, gravest first.

    Reads what `sources clean` made and the decisions in reviews/*.csv. Prints ids and where each stands in
    its source file, no text. A reviewer answers in a CSV file with the header
    conversation_id,decision,reviewer,note where decision is keep or drop; `sources clean` takes it in.

    Example: dataset-platform reviews list --source edge_cases --limit 20

    Exit status: 0 done; 2 a review file needs mending, or the source was not cleaned yet.
    """
    from dataset_platform.results import reviews_result

    with operations_of_this_project() as operations:
        sources = [source] if source else operations.known_sources()
        listed = LISTED_ROWS if limit is None and not json else limit
        reviews_result(operations.storage, sources, listed).print(json)
