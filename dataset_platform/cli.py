"""Turn raw conversations into versioned datasets that a team can prove.

First steps, in a folder of its own with the project's dagster.yaml:

dataset-platform sources samples   (files to try things with; or put your own into data/raw/<source>/)

dataset-platform sources clean     (read them, mask private data, judge what is fit)

dataset-platform export --version 1.0.0

dataset-platform qa --version 1.0.0

Every command that computes is a Dagster run, so it shows in the UI too. Results go to standard output,
progress to standard error; a pipe gets plain text, `--json` prints for machines. Ctrl-C stops at once, and
the same command goes on from there. When something is red: docs/runbook.md.

Exit status: 0 done; 1 a gate or a verification failed, or storage, network or a run failed; 2 bad usage or
bad input; 130 stopped by Ctrl-C.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from dataset_platform.commands.bench import bench_app
from dataset_platform.commands.context import Json, Version, operations_of_this_project
from dataset_platform.commands.doctor import doctor
from dataset_platform.commands.evaluating import eval_judge, eval_tasks, evaluate, leaderboard
from dataset_platform.commands.metrics import metrics
from dataset_platform.commands.quality import qa_app
from dataset_platform.commands.releases import diff, keygen, rebuild, trace, verify, withdraw
from dataset_platform.commands.reviews import reviews_app
from dataset_platform.commands.sources import sources_app
from dataset_platform.commands.storage import storage_app
from dataset_platform.commands.training import checkpoint_app, train
from dataset_platform.errors import PlatformError, Stopped, StorageError, refusal

INTERRUPTED = 130  # what Typer makes of Ctrl-C, too

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
SOURCES, RELEASES, MODELS, PLATFORM = "Sources", "Releases", "Models", "The platform"
COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    RELEASES: (verify, rebuild, diff, trace, withdraw, keygen),
    PLATFORM: (doctor, metrics),
    MODELS: (train, evaluate, leaderboard),
}
app.add_typer(sources_app, name="sources", rich_help_panel=SOURCES)
app.add_typer(reviews_app, name="reviews", rich_help_panel=SOURCES)
app.add_typer(qa_app, name="qa", rich_help_panel=RELEASES)
app.add_typer(checkpoint_app, name="checkpoint", rich_help_panel=MODELS)
app.add_typer(storage_app, name="storage", rich_help_panel=PLATFORM)
app.add_typer(bench_app, name="bench", rich_help_panel=PLATFORM)
for panel, commands in COMMANDS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
app.command("eval-tasks", rich_help_panel=MODELS)(eval_tasks)
app.command("eval-judge", rich_help_panel=MODELS)(eval_judge)


def main() -> None:
    """Entry point: expected errors, and those of the disk, become plain lines and their exit status."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        app()
    except PlatformError as error:
        console.print(f"error: {error}", style="red", markup=False)
        sys.exit(error.exit_status)
    except OSError as error:
        if error.filename is None:
            raise
        console.print(f"error: {refusal(error)}", style="red", markup=False)
        sys.exit(StorageError.exit_status)
    except Stopped as stopped:
        console.print(str(stopped), markup=False)
        sys.exit(INTERRUPTED)
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:
            raise
        console.print("stopped; finished steps are kept, the same command goes on from there")
        sys.exit(INTERRUPTED)


def run() -> NoReturn:
    """The command: `main`, then the end of the process without waiting for threads.

    Native threads of the engine may still run when the interpreter is taken down,
    and then abort the process after all is done and printed.
    """
    status = 0
    try:
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    if workers := sys.modules.get("dataset_platform.workers"):  # not imported only to be ended
        workers.end()
    with suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


@app.command(rich_help_panel=PLATFORM)
def demo(json: Json = False) -> None:
    """Run the whole pipeline on the bundled sample sources.

    Writes sources/, releases/1.0.0.yaml and data/. Takes minutes the first time, seconds after that, and ends
    with a table of what became of every record.

    Example: dataset-platform demo

    Exit status: 0 done; 1 a check or a quality gate failed; 2 sources/ or releases/ say something else.
    """
    from dataset_platform.demonstration import demonstrate

    with operations_of_this_project() as operations:
        demonstrate(operations).print(json)


@app.command(rich_help_panel=RELEASES)
def export(
    version: Version,
    target_samples: Annotated[
        int | None, typer.Option(min=1, help="Rows of the release; 1,000 unless its spec says otherwise.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Decides draw and splits; 42 unless the release's spec says otherwise."),
    ] = None,
    no_quality: Annotated[
        bool, typer.Option("--no-quality", help="Leave out the QA report and its gates.")
    ] = False,
    json: Json = False,
) -> None:
    """Cut a release: write releases/<version>.yaml if there is none, then the release and its QA report.

    Reads what `sources clean` made, and refuses when the landing area or a description changed since.
    A version published with the same inputs is verified and left alone.

    Example: dataset-platform export --version 1.0.0 --target-samples 1000 --seed 42

    Exit status: 0 done; 1 a check or a quality gate failed, or the version is published with other inputs;
    2 a spec or an option needs mending, or a source must be cleaned first.
    """
    from dataset_platform.results.quality import quality_result
    from dataset_platform.results.releases import release_result

    with operations_of_this_project() as operations:
        operations.releases.cut(version, not no_quality, target_samples, seed)
        shown = release_result(operations.storage, version)
        if not no_quality:
            shown = shown.then(quality_result(operations.storage, version))
        shown.print(json)
