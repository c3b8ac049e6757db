"""Projects to start from: made once, copied for each test that changes something."""

import pytest
from hypothesis import HealthCheck, settings

from dataset_platform_tests.pipeline.project import Project, conversations

# Tests hold no timings: on a busy machine examples take long.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

SOURCES = {"alpha": ("foundation", 30), "beta": ("expertise", 20), "gamma": ("edge_case", 10)}


@pytest.fixture(scope="session")
def cleaned_once(tmp_path_factory):
    """Three sources that were read and cleaned."""
    project = Project(tmp_path_factory.mktemp("cleaned") / "project")
    for source, (stage, count) in SOURCES.items():
        project.add_source(source, conversations(source, count), stage)
    project.done("sources", "clean")
    return project


@pytest.fixture(scope="session")
def released_once(cleaned_once, tmp_path_factory):
    """Version 1.0.0 of 20 rows without a QA report, and 2.0.0 of all rows, which passed its gates."""
    project = cleaned_once.copy(tmp_path_factory.mktemp("released") / "project")
    project.done("export", "--version", "1.0.0", "--target-samples", "20", "--no-quality")
    project.spec("2.0.0")
    project.done("export", "--version", "2.0.0")
    return project


@pytest.fixture
def cleaned(cleaned_once, tmp_path):
    return cleaned_once.copy(tmp_path / "project")


@pytest.fixture
def released(released_once, tmp_path):
    return released_once.copy(tmp_path / "project")


@pytest.fixture
def empty(tmp_path):
    return Project(tmp_path / "project")
