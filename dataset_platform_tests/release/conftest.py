"""Fixtures of the release tests."""

import shutil

import pytest

from dataset_platform_tests.release.release_records import full_inputs


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    """A release of every kind of record; tests must not change it."""
    out = tmp_path_factory.mktemp("pristine") / "v1.0.0"
    return full_inputs().build(out)


@pytest.fixture
def folder(pristine, tmp_path):
    """A copy of the release that a test may damage."""
    return shutil.copytree(pristine.folder, tmp_path / "v1.0.0")
