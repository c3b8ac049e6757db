"""`dataset-platform evaluate` and `leaderboard`: whether a checkpoint may ship, and how versions compare."""

from pathlib import Path
from typing import Annotated

import typer

from dataset_platform.commands.context import Json, Version, operations_of_this_project


def evaluate(
    version: Version,
    against: Annotated[
        str | None,
        typer.Option(
            help="Version to compare with, or `none`; by default the newest earlier of the same base model.",
            show_default=False,
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Ask a seeded part of everything: minutes, not hours, on a CPU."),
    ] = False,
    base_model: Annotated[
        str | None,
        typer.Option(
            help="Folder of the base model, where it was trained on one: checkpoints name no places.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Decide whether a release's checkpoint may ship.

    Compares it with the base model and with an earlier version's checkpoint: held-out loss, replies, safety
    suite, privacy, fairness and speed, each with an interval. Writes the eval report (JSON, Markdown, HTML)
    and every prompt and reply (Parquet) beside the checkpoint.

    Example: dataset-platform evaluate --version 1.1.0 --against 1.0.0

    Exit status: 0 ship; 1 a gate failed; 2 no such release or checkpoint.
    """
    from dataset_platform.results.models import evaluation_result

    with operations_of_this_project() as operations:
        operations.checkpoints.evaluate(version, against, quick, base_model)
        evaluation_result(operations.storage, version).print(json)


def eval_tasks(
    version: Version,
    out: Annotated[Path, typer.Argument(help="Folder to write the tasks to.", show_default=False)],
    json: Json = False,
) -> None:
    """Write held-out replies and safety probes as tasks of lm-evaluation-harness and Inspect.

    Each task is a YAML file and its rows, rendered by the chat template of the release's checkpoint; run them
    with lm_eval --include_path OUT --tasks dataset_platform_heldout,dataset_platform_probes, and without
    --apply_chat_template. Inspect runs OUT/dataset_platform_probes.py and rates the replies by the rubric.
    The rows are conversations: treat the folder as the release.

    Example: dataset-platform eval-tasks --version 1.0.0 tasks

    Exit status: 0 done; 2 no such release or checkpoint.
    """
    from dataset_platform.results.models import harness_result

    with operations_of_this_project() as operations:
        harness_result(operations.storage, version, out).print(json)


def eval_judge(
    version: Version,
    url: Annotated[
        str, typer.Option(help="Base of an OpenAI-compatible API, such as http://127.0.0.1:8000/v1.")
    ],
    judge: Annotated[str, typer.Option("--model", help="Name of the model there.")],
    price: Annotated[float, typer.Option(min=0, help="Price of a million tokens there.")] = 0.0,
    ask: Annotated[
        bool, typer.Option("--ask", help="Send the replies; without it only the estimate is printed.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare an external judge with the checkers of the safety suite; it decides nothing.

    Prints how many tokens it would take and what they cost. With --ask the probes and the checkpoint's
    replies leave this machine; DATASET_JUDGE_API_KEY is sent along. Answers are kept in
    DATASET_CACHE_DIR/judge, so that nothing is paid twice. Shown for each criterion: Cohen's kappa of judge
    and checker, with a 95 % interval.

    Example: dataset-platform eval-judge --version 1.0.0 --url http://127.0.0.1:8000/v1 --model some-judge

    Exit status: 0 done; 1 the endpoint does not answer, or never with an opinion; 2 no such eval report.
    """
    from dataset_platform.results.judging import judge_result

    with operations_of_this_project() as operations:
        judge_result(operations.storage, version, url, judge, price, ask).print(json)


def leaderboard(json: Json = False) -> None:
    """Show all evaluated versions over time, oldest first.

    Reads the eval reports beside the checkpoints; figures are those of each version's checkpoint.

    Example: dataset-platform leaderboard

    Exit status: 0 done; 2 no version was evaluated by this version of the program.
    """
    from dataset_platform.results.models import leaderboard_result

    with operations_of_this_project() as operations:
        leaderboard_result(operations.storage, operations.releases.known_versions()).print(json)
