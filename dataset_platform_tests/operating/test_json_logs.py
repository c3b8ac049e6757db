"""Every message is a line of JSON, of a run with its facts, and of an error without its text."""

import io
import json
import logging

import dagster as dg
import pytest
from ruamel.yaml import YAML

from dataset_platform.json_logs import JsonLines
from dataset_platform_tests.pipeline.project import REPOSITORY


def line_of(log):
    """What the formatter makes of what `log` is called with a logger for."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(JsonLines())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    log(logger)
    (line,) = output.getvalue().splitlines()
    return json.loads(line)


def test_a_message_is_one_line_whatever_is_in_it():
    line = line_of(lambda logger: logger.warning('two\nlines and "quotes"'))
    assert (line["level"], line["logger"], line["message"]) == ("warning", "test", 'two\nlines and "quotes"')
    assert line["time"].endswith("+00:00")


def test_the_text_of_an_error_stays_out():
    def stumble(logger):
        try:
            raise ValueError("quagmire-quoted-phrase")
        except ValueError:
            logger.exception("it stopped")

    line = line_of(stumble)
    assert line["error"] == "ValueError"
    assert line["at"][0].startswith("test_json_logs.py:")
    assert "quagmire" not in json.dumps(line)


@pytest.fixture
def logged(capfd):
    """The lines of a run whose step fails, with the logging of deploy/dagster.postgres.yaml."""
    config = YAML(typ="safe").load(REPOSITORY / "deploy/dagster.postgres.yaml")["python_logs"]

    @dg.op
    def stumbling(context):
        context.log.info("12 rows read")
        raise ValueError("quagmire-quoted-phrase")

    @dg.job(tags={"dagster/partition": "alpha"})
    def clean_source():
        stumbling()

    # Dagster's compute logs would pass what a step says through a `tail` that may end before it has read all.
    unmirrored = {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
    with dg.instance_for_test(overrides={"python_logs": config, "compute_logs": unmirrored}) as instance:
        clean_source.execute_in_process(instance=instance, raise_on_error=False)
    said = capfd.readouterr().err
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def test_messages_of_a_run_name_run_job_partition_and_step(logged):
    (line,) = [line for line in logged if line["message"] == "12 rows read"]
    assert (line["job"], line["partition"], line["step"]) == ("clean_source", "alpha", "stumbling")
    assert len(line["run_id"]) == 36


def test_a_failed_step_is_told_without_the_text_of_its_error(logged):
    failures = [line for line in logged if line.get("event") == "STEP_FAILURE"]
    assert [line["step"] for line in failures] == ["stumbling"]
    assert "quagmire" not in json.dumps(logged)
