"""`dataset-platform reviews`: what waits for a person's decision, on its way there and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dataset_platform.commands.context import Json, Version, operations_of_this_project

if TYPE_CHECKING:
    from dataset_platform.quality import ReviewFormat

LISTED_ROWS = 50

reviews_app = typer.Typer(
    help="See which conversations wait for a reviewer, hand them out and take decisions in.",
    no_args_is_help=True,
)
Format = Annotated[str, typer.Option("--format", help="argilla, label-studio or csv.", show_default=False)]


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
    its source file, no text, and how far reviewers agree. A reviewer answers in a CSV file with the header
    conversation_id,decision,reviewer,note where decision is keep or drop; `sources clean` takes it in.

    Example: dataset-platform reviews list --source edge_cases --limit 20

    Exit status: 0 done; 2 a review file needs mending, or the source was not cleaned yet.
    """
    from dataset_platform.results.reviews import reviews_result

    with operations_of_this_project() as operations:
        sources = [source] if source else operations.sources.known()
        listed = LISTED_ROWS if limit is None and not json else limit
        reviews_result(operations.storage, sources, listed).print(json)


@reviews_app.command("export")
def reviews_export(
    version: Version,
    format_: Format,
    to: Annotated[
        Path | None,
        typer.Option(help="Empty folder to write to; review_queue_v<version>-<format> if not given."),
    ] = None,
    overlap: Annotated[int, typer.Option(min=1, help="Argilla: reviewers who should see each.")] = 1,
    json: Json = False,
) -> None:
    """Write the review queue of a judged release as files for Argilla, Label Studio or a spreadsheet.

    argilla: a folder for `rg.Dataset.from_disk`. label-studio: labeling_config.xml for the project's
    settings, and tasks-*.json to import. csv: one table with empty cells for decision, reviewer and note. The
    files hold the masked text of conversations, and only their owner may read them.

    Example: dataset-platform reviews export --version 1.0.0 --format label-studio

    Exit status: 0 done; 2 no such format, no QA report of that version, or the folder is not empty.
    """
    from dataset_platform.results.review_exchange import exported_reviews_result

    known = _format(format_)
    with operations_of_this_project() as operations:
        folder = to or Path(f"review_queue_v{version}-{known}")
        exported_reviews_result(operations.storage, version, known, folder, overlap).print(json)


@reviews_app.command("import")
def reviews_import(
    file: Annotated[Path, typer.Argument(help="What the tool exported.", show_default=False)],
    format_: Format,
    name: Annotated[
        list[str] | None,
        typer.Option(help="ID=NAME of a reviewer whom the tool only knows by an id; may be given again."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take a newer export of the same name in the old one's place.")
    ] = False,
    json: Json = False,
) -> None:
    """Take the decisions of reviewers in, as a file in reviews/.

    argilla: the rows of `records.to_list(flatten=True)` or `to_datasets()` as JSON, of which submitted
    answers count; or records.json of `to_disk`, which does not say what is a draft. label-studio: its JSON
    export (not JSON-MIN); of several answers by one person the latest counts, skipped ones do not. csv: the
    filled table. Nothing is written unless every decision holds and no reviewer says otherwise elsewhere.
    `sources clean` then takes the file in.

    Example: dataset-platform reviews import project-1.json --format label-studio --name 7=ana

    Exit status: 0 done; 2 the file or a decision in it cannot be used.
    """
    from dataset_platform.results.review_exchange import imported_reviews_result

    known = _format(format_)
    names = dict(_named(one) for one in name or [])
    with operations_of_this_project() as operations:
        imported_reviews_result(operations.storage, file, known, names, replace).print(json)


def _format(name: str) -> "ReviewFormat":
    from dataset_platform.quality import ReviewFormat

    try:
        return ReviewFormat(name)
    except ValueError:
        raise typer.BadParameter(f"give one of {', '.join(ReviewFormat)}", param_hint="--format") from None


def _named(one: str) -> tuple[str, str]:
    known, equals, name = one.partition("=")
    if not (known and equals and name):
        raise typer.BadParameter("write it as ID=NAME", param_hint="--name")
    return known, name
