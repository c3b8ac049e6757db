"""`dataset-platform`: every command that computes is a Dagster run, so it shows in the UI too.

Results go to standard output, progress to standard error. Exit status: 0 done,
1 a gate or a verification failed, 2 bad usage or bad input.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from dataset_platform.errors import PlatformError
from dataset_platform.progress import Progress

app = typer.Typer(
    help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False, context_settings={"max_content_width": 100}
)
sources_app = typer.Typer(help="List sources, and read and clean them.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")

out = Console()
err = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON.")]
Version = Annotated[str, typer.Option(help="Version of the release, for example 1.0.0.", show_default=False)]


def main() -> None:
    """Entry point: expected errors become one line and their exit status."""
    try:
        app()
    except PlatformError as error:
        err.print(f"[red]error:[/red] {error}", highlight=False, soft_wrap=True)
        sys.exit(error.exit_status)


@app.command()
def demo(json_: Json = False) -> None:
    """Run the whole pipeline on the bundled sample sources.

    Writes sources/, releases/1.0.0.yaml and data/; takes about five minutes on two cores, and seconds when
    it ran before. Ends with a table of what became of every record.

    Exit status: 0 done, 1 a gate or a check failed.
    """
    from dataset_platform import demo as demonstration

    _show(demonstration.run(Progress(err)), json_)
