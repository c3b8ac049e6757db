"""`dataset-platform metrics`: what runs did, for Prometheus."""

from pathlib import Path
from typing import Annotated

import typer

from dataset_platform.commands.context import Json
from dataset_platform.settings import load_settings


def metrics(
    textfile: Annotated[
        Path | None,
        typer.Option(help="Write them to this file instead, for the node exporter.", dir_okay=False),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve them until stopped, at /metrics on this port.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to serve on.")] = "127.0.0.1",
    json: Json = False,
) -> None:
    """Print what runs did as Prometheus metrics: runs by job and end, seconds, rows and bytes written.

    Reads Dagster's instance. Counters are of its whole history, and no label is a partition.

    Example: dataset-platform metrics --textfile /var/lib/node_exporter/dataset_platform.prom

    Exit status: 0 done; 1 the file cannot be written; 2 no Dagster instance here.
    """
    load_settings()
    from dataset_platform.launch import dagster_instance
    from dataset_platform.results.metrics import metrics_result, serve_metrics, write_metrics

    with dagster_instance() as instance:
        if port:
            serve_metrics(instance, host, port)
        elif textfile:
            write_metrics(instance, textfile).print(json)
        else:
            metrics_result(instance).print(json)
