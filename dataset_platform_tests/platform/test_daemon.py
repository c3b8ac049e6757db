"""Dagster's own daemon ticks the landing sensor and launches what it asks for."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest

from dataset_platform.assets.partitions import VERSIONS
from dataset_platform_tests.pipeline.project import REPOSITORY, Project, conversations

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
TIMEOUT_S = 300
STOP_TIMEOUT_S = 20


@contextmanager
def daemon(project, log):
    environment = os.environ | {"DAGSTER_HOME": str(project.path), "PYTHONPATH": str(REPOSITORY)}
    start = [sys.executable, "-m", "dagster", "sensor", "start", "landing_sensor"]
    subprocess.run(start, cwd=project.path, env=environment, check=True, capture_output=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster._daemon", "run"],
            cwd=project.path,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def finished_runs(project):
    with project.instance() as instance:
        runs = instance.get_runs()
    return [(run.job_name, run.tags["dagster/partition"]) for run in runs if run.is_success]


def test_files_that_arrive_are_read_by_a_run_of_the_daemon(tmp_path):
    project = Project(tmp_path / "project")
    shutil.copy(REPOSITORY / "workspace.yaml", project.path)
    project.add_source("alpha", conversations("alpha", 5))
    log = tmp_path / "daemon.log"
    with daemon(project, log):
        deadline = time.monotonic() + TIMEOUT_S
        while not finished_runs(project) and time.monotonic() < deadline:
            time.sleep(2)
        assert finished_runs(project) == [("clean_source", "alpha")], log.read_text()[-3000:]
    assert len(project.rows("clean_conversations", "alpha")) == 5


def test_a_backfill_over_versions_cuts_every_release(tmp_path):
    versions = ["1.0.0", "1.1.0"]
    project = Project(tmp_path / "project")
    shutil.copy(REPOSITORY / "workspace.yaml", project.path)
    project.add_source("alpha", conversations("alpha", 12))
    project.done("sources", "clean")
    for version in versions:
        project.spec(version)
    with project.instance() as instance:
        instance.add_dynamic_partitions(str(VERSIONS.name), versions)
    log = tmp_path / "daemon.log"
    command = ["job", "backfill", "--job", "cut_release", "--partitions", ",".join(versions), "--noprompt"]
    environment = os.environ | {"DAGSTER_HOME": str(project.path), "PYTHONPATH": str(REPOSITORY)}
    with daemon(project, log):
        subprocess.run(
            [sys.executable, "-m", "dagster", *command, "--workspace", "workspace.yaml"],
            cwd=project.path,
            env=environment,
            check=True,
        )
        wanted = {("cut_release", version) for version in versions}
        deadline = time.monotonic() + TIMEOUT_S
        while not wanted <= set(finished_runs(project)) and time.monotonic() < deadline:
            time.sleep(2)
        assert wanted <= set(finished_runs(project)), log.read_text()[-3000:]
    for version in versions:
        project.done("verify", "--version", version)
