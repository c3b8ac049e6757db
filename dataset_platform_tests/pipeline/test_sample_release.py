"""The release of the demo passes its gates: all that `demo` does before it trains."""

import pytest

from dataset_platform_tests.pipeline.project import Project

pytestmark = pytest.mark.slow


def test_the_release_of_the_sample_sources_passes_its_gates(tmp_path):
    project = Project(tmp_path / "project")
    project.done("sources", "samples")
    project.done("sources", "clean")
    project.done("export", "--version", "1.0.0")
    report = project.done("qa", "--version", "1.0.0", "--json").facts
    assert (report["failed"], report["not_measured"]) == ([], [])
