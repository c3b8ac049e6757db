"""What runs did, for Prometheus."""

import threading
from pathlib import Path

import dagster as dg
from prometheus_client import CollectorRegistry, generate_latest, start_http_server, write_to_textfile

from dataset_platform.display import Shown
from dataset_platform.errors import UsageError
from dataset_platform.run_metrics import RunMetrics


def metrics_result(instance: dg.DagsterInstance) -> Shown:
    """In Prometheus' own format; for machines that read JSON, a list of samples."""
    registry = _registry(instance)
    samples = [
        {"name": sample.name, "labels": dict(sample.labels), "value": sample.value}
        for family in registry.collect()
        for sample in family.samples
    ]
    return Shown({"metrics": samples}, closing=generate_latest(registry).decode().splitlines())


def write_metrics(instance: dg.DagsterInstance, path: Path) -> Shown:
    """Replaces the file at once, so that nobody reads half of it."""
    write_to_textfile(str(path), _registry(instance))
    return Shown({"textfile": str(path)}, closing=[str(path)])


def serve_metrics(instance: dg.DagsterInstance, host: str, port: int) -> None:
    """Serves until the process is stopped; raises UsageError when the port is taken."""
    try:
        start_http_server(port, host, _registry(instance))
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}; choose another") from None
    threading.Event().wait()


def _registry(instance: dg.DagsterInstance) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(RunMetrics(instance))
    return registry
