"""Python, packages, models, Dagster and the engine."""

import base64
import contextlib
import hashlib
from importlib.metadata import PackageNotFoundError

import dagster as dg
import pytest

from dataset_platform.diagnosis import (
    Health,
    dagster_home,
    engine,
    package_versions,
    packaged_models,
    python_version,
)
from dataset_platform.diagnosis.models import SMALLEST_MODEL_FILE, PackagedModel
from dataset_platform.errors import UsageError


@pytest.mark.parametrize(
    ("running", "health"), [((3, 10), Health.FAILED), ((3, 11), Health.OK), ((3, 13), Health.WARNING)]
)
def test_a_python_that_is_too_old_fails_and_an_untested_one_warns(running, health):
    assert python_version(running).health is health


def installed(name):
    versions = {"daft": "0.7.26", "torch": "2.13.0+cpu"}
    if name not in versions:
        raise PackageNotFoundError(name)
    return versions[name]


@pytest.fixture
def constraints(tmp_path):
    path = tmp_path / "constraints.txt"
    path.write_text("daft==0.7.26\ntorch==2.13.0\nnot-needed==1.0\n# a comment\n")
    return path


def test_packages_as_pinned_are_well_whatever_build_they_are(constraints):
    finding = package_versions(["daft==0.7.26", "torch>=2"], constraints, installed)
    assert finding.health is Health.OK


def test_requirements_that_are_not_met_are_named_all_at_once(constraints):
    finding = package_versions(["daft>=0.8", "absent>=1", "torch>=2"], constraints, installed)
    assert finding.health is Health.FAILED
    assert finding.detail == "daft>=0.8 is wanted, 0.7.26 installed; absent>=1 is not installed"


def test_requirements_of_extras_are_not_asked_for(constraints):
    finding = package_versions(['absent>=1; extra == "dev"'], constraints, installed)
    assert finding.health is Health.OK


def test_another_version_than_the_pin_is_a_warning(constraints):
    constraints.write_text("daft==0.7.20\n")
    finding = package_versions(["daft"], constraints, installed)
    assert finding.health is Health.WARNING
    assert "daft 0.7.26 (pinned 0.7.20)" in finding.detail


def test_the_models_of_this_installation_are_whole():
    assert {finding.health for finding in packaged_models()} == {Health.OK}


def test_a_model_that_is_not_installed_is_named_with_its_command():
    (finding,) = packaged_models([PackagedModel("no-such-model", "nothing")])
    assert finding.health is Health.FAILED
    assert finding.remedy == "pip install -c constraints.txt no-such-model"


@pytest.fixture
def made_up_model(tmp_path, monkeypatch):
    """A package with one model file, as pip would have installed it."""
    content = bytes(SMALLEST_MODEL_FILE)
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    info = tmp_path / "made_up-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up\nVersion: 1.0\n")
    (info / "RECORD").write_text(f"made_up/weights.bin,sha256={digest},{len(content)}\n")
    weights = tmp_path / "made_up" / "weights.bin"
    weights.parent.mkdir()
    weights.write_bytes(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    return weights


@pytest.mark.parametrize(
    ("damage", "health"),
    [
        (lambda _: None, Health.OK),
        (lambda path: path.unlink(), Health.FAILED),
        (lambda path: path.write_bytes(b"1" + path.read_bytes()[1:]), Health.FAILED),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), Health.FAILED),
    ],
    ids=["whole", "gone", "changed", "cut short"],
)
def test_the_files_of_a_model_are_the_bytes_of_its_package(made_up_model, damage, health):
    damage(made_up_model)
    (finding,) = packaged_models([PackagedModel("made-up", "testing")])
    assert finding.health is health


def test_dagsters_instance_answers():
    @contextlib.contextmanager
    def opened():
        yield dg.DagsterInstance.ephemeral()

    assert dagster_home(opened).detail.startswith("0 runs")


@pytest.mark.parametrize("error", [UsageError("no Dagster instance"), ValueError("a secret")], ids=repr)
def test_an_instance_that_does_not_open_is_told_without_what_its_libraries_say(error):
    @contextlib.contextmanager
    def refused():
        raise error
        yield

    finding = dagster_home(refused)
    assert finding.health is Health.FAILED
    assert "a secret" not in finding.detail


def test_the_engine_computes():
    assert engine().health is Health.OK
