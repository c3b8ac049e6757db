"""`bench pipeline`, small: the commands run, and every planted row is accounted for. Nothing is timed."""

from pathlib import Path

import pytest

from dataset_platform.bench import pipelining
from dataset_platform.bench.contestant import Failed
from dataset_platform.bench.planted import planted
from dataset_platform.bench.race import run_case
from dataset_platform.errors import UsageError

DAGSTER_YAML = Path(__file__).parents[2] / "dagster.yaml"


@pytest.fixture
def case(tmp_path):
    return pipelining.case(planted(300, tmp_path / "corpora"), DAGSTER_YAML)


@pytest.mark.slow
def test_landed_lines_become_a_release_that_accounts_for_all_of_them(case, tmp_path):
    run = run_case(case, tmp_path / "work")
    assert list(run.parts) == ["clean", "export", "verify"]
    facts = run.facts
    assert (facts["unaccounted"], facts["filtered"], facts["short"]) == (0, 6, 6)
    assert facts["released"] + facts["duplicates"] + facts["filtered"] == 300
    assert 25 <= facts["duplicates"] <= facts["planted"] == 30  # words taken for names part a few pairs


def test_a_command_that_fails_says_which_and_why(case, tmp_path, monkeypatch):
    monkeypatch.setitem(case.task, "rows", "none")
    monkeypatch.setenv("DATASET_ENGINE", "abacus")  # not taken over by the commands
    with pytest.raises(Failed, match=r"RuntimeError: export --version 1\.0\.0 --target-samples none .*"):
        run_case(case, tmp_path / "work")


def test_it_starts_in_a_project_only(tmp_path):
    with pytest.raises(UsageError, match=r"dagster\.yaml here: start the benchmark in the project's folder"):
        pipelining.pipeline_report(tmp_path, [100], tmp_path / "dagster.yaml", None)
