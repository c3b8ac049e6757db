"""Which version a QA report is compared with."""

from types import SimpleNamespace

import pytest

from dataset_platform.assets import qa_report
from dataset_platform.storage.io_managers import Storage

PUBLISHED = ("1.2.0", "1.9.0", "1.10.0-rc.1", "1.10.0", "1.11.0", "2.0.0")
JUDGED = ("1.2.0", "1.10.0-rc.1", "2.0.0")


@pytest.fixture
def storage(monkeypatch):
    """A store with these releases, of which some were judged."""
    releases = [SimpleNamespace(version=version) for version in PUBLISHED]
    monkeypatch.setattr(qa_report, "published_releases", lambda _: releases)
    monkeypatch.setattr(
        qa_report,
        "read_manifest",
        lambda _, prefix: (
            SimpleNamespace(digest="d") if prefix in {f"processed/qa_report/{v}" for v in JUDGED} else None
        ),
    )
    return Storage()


@pytest.mark.parametrize(
    ("version", "before"),
    [
        ("1.2.0", None),
        ("1.9.0", "1.2.0"),
        ("1.10.0", "1.10.0-rc.1"),
        ("1.11.0", "1.10.0-rc.1"),
        ("2.0.0", "1.10.0-rc.1"),
    ],
)
def test_it_is_the_greatest_lower_one_by_semantic_versions_that_was_judged(storage, version, before):
    found = qa_report.judged_before(storage, version)
    assert (found and found.version) == before
