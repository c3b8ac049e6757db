"""Metrics are what the runs of the instance did, whoever asks and however often."""

import json
import socket
import threading
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dataset_platform.bench.servers.server import free_ports
from dataset_platform.errors import UsageError
from dataset_platform.results.metrics import serve_metrics
from dataset_platform.run_metrics import RunMetrics
from dataset_platform_tests.conftest import SOURCES

ROWS = sum(count for _, count in SOURCES.values())


def samples(text):
    """Values by name and labels."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def values(metrics):
    """The same of a collector."""
    return {(s.name, *sorted(s.labels.values())): s.value for f in metrics.collect() for s in f.samples}


def test_runs_seconds_rows_and_bytes_are_counted(cleaned_once):
    found = samples(cleaned_once.done("metrics").out)
    assert found["dataset_platform_runs_total", "clean_source", "success"] == len(SOURCES)
    assert found["dataset_platform_run_seconds_total", "clean_source", "success"] > 0
    assert found["dataset_platform_rows_total", "raw_conversations"] == ROWS
    assert found["dataset_platform_bytes_total", "clean_conversations"] > 0
    assert found["dataset_platform_materializations_total", "raw_conversations"] == len(SOURCES)


def test_no_label_is_a_partition(cleaned_once):
    assert not {name for sample in samples(cleaned_once.done("metrics").out) for name in sample} & {*SOURCES}


def test_a_second_look_counts_only_what_came_since(cleaned):
    with cleaned.instance() as instance:
        metrics = RunMetrics(instance)
        first, again = (values(metrics) for _ in range(2))
    assert first == again
    cleaned.done("sources", "clean", "alpha")
    description = cleaned.path / "sources/beta.yaml"
    description.write_text(description.read_text().replace("*.jsonl", "*.csv"))
    assert cleaned.command("sources", "clean", "beta").status == 2
    with cleaned.instance() as instance:
        metrics.instance = instance
        assert values(metrics) == values(RunMetrics(instance))
        second = values(metrics)
    assert second["dataset_platform_runs_total", "clean_source", "failure"] == 1
    assert second["dataset_platform_materializations_total", "raw_conversations"] > len(SOURCES)
    assert (
        second["dataset_platform_rows_total", "raw_conversations"] == ROWS
    )  # what was reused was not written


def test_a_file_is_written_whole(cleaned_once, tmp_path):
    path = tmp_path / "dataset_platform.prom"
    assert json.loads(cleaned_once.done("metrics", "--textfile", str(path), "--json").out) == {
        "textfile": str(path)
    }
    assert samples(path.read_text())["dataset_platform_runs_total", "clean_source", "success"] == len(SOURCES)
    assert [*tmp_path.iterdir()] == [path]


def test_they_are_served_on_loopback(cleaned_once):
    (port,) = free_ports(1)
    with cleaned_once.instance() as instance:
        server = threading.Thread(target=serve_metrics, args=(instance, "127.0.0.1", port), daemon=True)
        server.start()
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                    found = samples(answer.read().decode())
                break
            except OSError:
                server.join(0.1)
    assert found["dataset_platform_runs_total", "clean_source", "success"] == len(SOURCES)


def test_a_port_that_is_taken_is_told(cleaned_once):
    with (
        cleaned_once.instance() as instance,
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(UsageError, match="choose another"),
    ):
        serve_metrics(instance, "127.0.0.1", taken.getsockname()[1])
