"""What commands and Dagster make of an eval report: verdict, exit status, a check a gate, the board."""

from types import SimpleNamespace

import dagster as dg
import pytest

from dataset_platform.assets.eval_report import _compared_with
from dataset_platform.checks import ship_check
from dataset_platform.errors import GateFailed, InputError
from dataset_platform.evaluation import Gate, Outcome, write_report
from dataset_platform.results.judging import judge_result
from dataset_platform.results.models import evaluation_result, harness_result, leaderboard_result
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import Work, commit
from dataset_platform_tests.checkpoints import write_checkpoint


@pytest.fixture(scope="module")
def evaluated_folder(report, tmp_path_factory):
    """Where the store has the checkpoint's report of one version."""
    folder = tmp_path_factory.mktemp("data") / "checkpoints" / "v1.0.0"
    write_report(report, folder)
    return folder


@pytest.fixture
def storage(evaluated_folder, monkeypatch):
    monkeypatch.setenv("DATASET_STORAGE_LOCAL_PATH", str(evaluated_folder.parents[1]))
    return Storage()


def test_a_checkpoint_that_may_not_ship_fails_the_command_and_names_the_gates(storage, report):
    shown = evaluation_result(storage, "1.0.0")
    assert shown.facts["verdict"] == "do not ship"
    assert isinstance(shown.failure, GateFailed)
    assert shown.failure.exit_status == 1
    assert all(gate in str(shown.failure) for gate in report.failed)
    with pytest.raises(InputError, match=r"evaluate --version 2\.0\.0"):
        evaluation_result(storage, "2.0.0")


def test_the_leaderboard_shows_evaluated_versions_only(storage):
    assert [row["version"] for row in leaderboard_result(storage, ["1.0.0", "2.0.0"]).facts["versions"]] == [
        "1.0.0"
    ]


def test_reports_of_another_version_of_the_program_are_named(storage, evaluated_folder):
    old = evaluated_folder.with_name("v0.9.0") / "eval_report_v0.9.0.json"
    old.parent.mkdir(exist_ok=True)
    old.write_text('{"version": "0.9.0", "evaluation_version": "1"}')
    shown = leaderboard_result(storage, ["0.9.0", "1.0.0", "2.0.0"])
    assert (shown.facts["outdated"], len(shown.facts["versions"])) == (["0.9.0"], 1)
    with pytest.raises(InputError, match=r"another version of this program: 0\.9\.0; evaluate again"):
        leaderboard_result(storage, ["0.9.0"])
    with pytest.raises(InputError, match="no version was evaluated yet"):
        leaderboard_result(storage, ["2.0.0"])


@pytest.mark.parametrize("gate", list(Gate))
def test_each_gate_is_a_check_and_one_that_was_not_measured_warns(evaluated_folder, report, gate):
    check = ship_check(gate).node_def.compute_fn.decorated_fn
    found = check(SimpleNamespace(partition_key="1.0.0"), SimpleNamespace(path=evaluated_folder))
    (wanted,) = [one for one in report.gates if one.gate is gate]
    assert found.passed == (wanted.outcome is Outcome.PASSED)
    assert (found.severity is dg.AssetCheckSeverity.WARN) == (wanted.outcome is Outcome.NOT_MEASURED)
    assert wanted.detail in found.description


BASE = "0" * 64  # of the base model that `write_checkpoint` names
KNOWN = ["0.8.0", "0.9.0", "1.0.0", "2.0.0"]


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Where 0.8.0, 0.9.0 and 2.0.0 have checkpoints."""
    monkeypatch.setenv("DATASET_STORAGE_LOCAL_PATH", str(tmp_path))
    storage = Storage()
    for version in ("0.8.0", "0.9.0", "2.0.0"):
        commit(
            storage.store, storage.checkpoint_prefix(version), Work({"trained": version}, write_checkpoint)
        )
    return storage


def test_a_version_is_compared_with_the_newest_earlier_one_on_its_base_model(trained):
    assert _compared_with(trained, "1.0.0", KNOWN, "", BASE)[0] == "0.9.0"
    assert _compared_with(trained, "1.0.0", KNOWN, "", "1" * 64) is None
    assert _compared_with(trained, "0.8.0", KNOWN, "", BASE) is None


def test_a_version_is_compared_with_the_one_that_was_named(trained):
    assert _compared_with(trained, "1.0.0", KNOWN, "0.8.0", BASE)[0] == "0.8.0"
    assert _compared_with(trained, "1.0.0", KNOWN, "none", BASE) is None
    with pytest.raises(InputError, match=r"release 7\.0\.0 has no checkpoint to compare with; try"):
        _compared_with(trained, "1.0.0", KNOWN, "7.0.0", BASE)


def test_what_was_not_trained_or_evaluated_names_the_command_to_try(trained, tmp_path):
    with pytest.raises(InputError, match=r"train --version 1\.0\.0"):
        harness_result(trained, "1.0.0", tmp_path / "tasks")
    with pytest.raises(InputError, match=r"evaluate --version 1\.0\.0"):
        judge_result(trained, "1.0.0", "http://127.0.0.1:9/v1", "m", 0.0, ask=True)


def test_a_version_is_not_compared_with_itself(trained):
    with pytest.raises(InputError, match=r"2\.0\.0 is what is evaluated"):
        _compared_with(trained, "2.0.0", KNOWN, "2.0.0", BASE)
