"""`dataset-platform qa`: the verdict on a release, and how far the validators behind it can be trusted."""

from pathlib import Path
from typing import Annotated

import typer

from dataset_platform.commands.context import Json, operations_of_this_project

Labels = Annotated[Path, typer.Argument(help="Folder of the labelled sets.", show_default=False)]
Conversations = Annotated[Path, typer.Argument(help="Folder of real conversations.", show_default=False)]

qa_app = typer.Typer()


@qa_app.callback(invoke_without_command=True)
def qa(
    context: typer.Context,
    version: Annotated[str | None, typer.Option(help="Version of the release, such as 1.0.0.")] = None,
    json: Json = False,
) -> None:
    """Judge a release against its quality gates, or print the verdict that is there.

    Lays qa_report_v<version>.json, .md and .html beside the release, and review_queue_v<version>.csv and
    .parquet: the rows that a person should see, with their text. `reviews export` hands those out. Judged
    anew when reviewers' decisions, heads or the report of the version before changed.

    Example: dataset-platform qa --version 1.0.0

    Exit status: 0 every measured gate passed; 1 a gate failed; 2 no such release.
    """
    if context.invoked_subcommand:
        return
    if version is None:
        raise typer.BadParameter("name the release", param_hint="--version")
    from dataset_platform.results.quality import quality_result

    with operations_of_this_project() as operations:
        operations.releases.judge(version)
        quality_result(operations.storage, version).print(json)


@qa_app.command("calibrate")
def qa_calibrate(
    labels: Labels,
    conversations: Conversations,
    validator: Annotated[
        list[str] | None,
        typer.Option(help="Measure this one only and keep the others' figures; may be given again."),
    ] = None,
    json: Json = False,
) -> None:
    """Measure every validator on labelled data again, and rewrite the table that the reports quote.

    Writes dataset_platform/quality/accuracy.json and the coefficients that are fitted on the way: figures and
    digests only. The masking of private data is measured beside the sweep that looks for what it left, as
    `private_data_masking`; both need pip install 'dataset-platform[fitting]'.

    Example: dataset-platform qa calibrate labels conversations --validator private_data_masking

    Exit status: 0 done; 2 bad usage, or a set or package is missing.
    """
    from dataset_platform.results.quality import calibration_result

    calibration_result(labels, conversations, validator or []).print(json)


@qa_app.command("fit-names")
def qa_fit_names(
    labels: Labels,
    conversations: Conversations,
    json: Json = False,
) -> None:
    """Fit the tagger that finds names again, on labelled, invented and real sentences.

    Writes names.npz and towns.npz in dataset_platform/curate/naming, and census_names.npz, which the sweep
    for private data reads, in dataset_platform/quality, under a minute: hashes of words and weights, no text.
    Needs pip install 'dataset-platform[fitting]'. Raise curate.VERSION, then run `qa calibrate`.

    Example: dataset-platform qa fit-names labels conversations

    Exit status: 0 done; 2 bad usage, or a set or package is missing.
    """
    from dataset_platform.results.quality import fitted_names_result

    fitted_names_result(labels, conversations).print(json)


@qa_app.command("train-heads")
def qa_train_heads(labels: Labels, conversations: Conversations, json: Json = False) -> None:
    """Train the heads of empathy, counselling behaviour and crisis on labelled sets of your own.

    Their data has no licence under which heads could be packaged, so they are trained here and stay with the
    project, in data/processed/trained_heads/, each with a card. LABELS holds epitome/ and crisis_cssrs/,
    CONVERSATIONS annomi/, each as its origin publishes it; what is not there is not trained. Takes minutes,
    and nothing when neither the data nor the code changed. The next `qa` scores with them; without them
    lexical heads score, and the report says which did. In the UI, DATASET_LABELS_DIR and
    DATASET_CONVERSATIONS_DIR name the folders.

    Example: dataset-platform qa train-heads labels conversations

    Exit status: 0 done; 2 none of the sets is there, or one cannot be read.
    """
    from dataset_platform.results.quality import trained_heads_result

    with operations_of_this_project() as operations:
        operations.releases.train_heads(labels, conversations)
        trained_heads_result(operations.storage).print(json)
