"""Ctrl-C, as a terminal sends it: to every process of the command."""

import os
import signal
import subprocess
import sys
import time

from dataset_platform_tests.pipeline.project import REPOSITORY, Project, conversations


def test_ctrl_c_ends_a_run_with_one_line_and_the_same_command_completes_it(tmp_path):
    project = Project(tmp_path / "project")
    project.add_source("alpha", conversations("alpha", 30))
    cleaning = subprocess.Popen(
        [sys.executable, "-c", "from dataset_platform.cli import run; run()", "sources", "clean"],
        cwd=project.path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not list(project.path.glob("data/processed/raw_conversations/*/manifest.json")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(cleaning.pid, signal.SIGINT)
    _, said = cleaning.communicate(timeout=60)
    assert cleaning.returncode == 130
    assert "Traceback" not in said
    assert said.endswith("stopped; finished steps are kept, the same command goes on from there\n")
    assert project.done("sources", "clean", "--json").facts["sources"][0]["fit"] == 30
