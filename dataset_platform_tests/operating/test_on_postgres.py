"""The instance on PostgreSQL: the main job, and a queue that survives whatever is killed."""

import json
import shutil

import dagster as dg
import pytest
from rich.console import Console

from dataset_platform.bench.dagster_project import patched
from dataset_platform.bench.loading import Load, load_report
from dataset_platform.bench.servers import PostgresServer
from dataset_platform.bench.servers.postgres import binaries
from dataset_platform.errors import UsageError
from dataset_platform.progress import Progress
from dataset_platform_tests.pipeline.project import REPOSITORY, Project, conversation, conversations

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PHRASE = "zanzibar-turn-phrase"


@pytest.fixture(scope="module", autouse=True)
def _installed():
    try:
        binaries()
    except UsageError as error:
        pytest.skip(str(error))


def test_the_main_job_runs_on_postgres_and_leaves_no_text_there(tmp_path):
    project = Project(tmp_path / "project")
    shutil.copy(REPOSITORY / "deploy/dagster.postgres.yaml", project.path / "dagster.yaml")
    said = conversation("marked")
    said["turns"][0]["content"] += f" {PHRASE}."
    broken = json.dumps(conversation("cut"))[:-9] + PHRASE
    project.add_source("alpha", [*conversations("alpha", 12), said, broken])
    project.spec("1.0.0")
    with PostgresServer() as server:
        release = ["--version", "1.0.0"]
        done = project.apart(
            ["sources", "clean"],
            ["export", *release],
            ["verify", *release],
            ["metrics"],
            **server.environment,
        )
        assert done.status == 0, done.err
        with patched(server.environment), project.instance() as instance:
            assert type(instance.run_storage).__name__ == "PostgresRunStorage"
            runs = instance.get_runs()
            assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}
        ready = project.apart(["doctor", "--ready", "--json"], **server.environment)
        dumped = server.dump()
    assert ready.status == 1  # no daemon runs here, and it is the only thing that is told
    assert ready.facts["failed"] == ["daemon"]
    assert b"alpha" in dumped
    assert PHRASE.encode() not in dumped
    assert PHRASE not in done.out + done.err
    assert 'dataset_platform_runs_total{job="clean_source",status="success"} 1.0' in done.out


def test_a_queue_survives_kills_of_all_that_serves_it(tmp_path, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    load = Load(sources=2, versions=1, runs=6, kills=3)
    report = load_report(tmp_path / "load", load, 1, Progress(Console(stderr=True)))
    assert report.broken == ""
    assert report.findings[0].startswith(("6 runs", "7 runs", "8 runs", "9 runs"))
