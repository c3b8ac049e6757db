"""A release is made of what lies in the landing area now, or there is none."""

import pytest

from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.landing import listed_sources
from dataset_platform.storage.local import LocalStore
from dataset_platform.storage.outdated import changes_since_reading
from dataset_platform_tests.pipeline.project import Project, conversations

pytestmark = pytest.mark.slow

EXPORT = ("export", "--version", "1.0.0", "--no-quality")


def refused(project):
    """The one line of an export that is refused and leaves no spec behind."""
    outcome = project.command(*EXPORT)
    assert (outcome.status, outcome.out) == (2, "")
    assert not (project.path / "releases").exists()
    return outcome.error


def test_what_left_or_changed_since_it_was_read_is_named_and_the_command_told_mends_it(cleaned):
    (cleaned.path / "data/raw/alpha/file.jsonl").unlink()
    cleaned.land("beta", conversations("more", 3), "more.jsonl")
    description = cleaned.path / "sources/gamma.yaml"
    description.write_text(description.read_text().replace("CC0-1.0", "MIT"))
    assert refused(cleaned) == (
        "error: alpha left the landing area; files of beta changed; sources/gamma.yaml changed since the "
        "last reading; run `dataset-platform sources clean alpha beta gamma`"
    )
    cleaned.done("sources", "clean", "alpha", "beta", "gamma")
    cleaned.done(*EXPORT)
    assert {line["source"] for line in cleaned.ledger("1.0.0")} == {"beta", "gamma"}
    assert len(cleaned.ledger("1.0.0")) == 33


@pytest.mark.parametrize("change", ["deleted", "edited"])
def test_a_file_that_was_deleted_or_edited_stops_the_release(cleaned, change):
    cleaned.land("beta", conversations("more", 3), "more.jsonl")
    cleaned.done("sources", "clean", "beta")
    if change == "deleted":
        (cleaned.path / "data/raw/beta/more.jsonl").unlink()
    else:
        cleaned.land("beta", conversations("edited", 3), "more.jsonl")
    assert refused(cleaned).startswith("error: files of beta changed since")


def test_a_landing_area_that_is_not_mounted_leaves_what_was_read(cleaned):
    (cleaned.path / "data/raw").rename(cleaned.path / "elsewhere")
    assert "warning: nothing is in data/raw/" in cleaned.done(*EXPORT).err
    assert len(cleaned.ledger("1.0.0")) == 60


def test_a_source_that_left_is_no_longer_listed_and_cleaning_forgets_it(cleaned):
    (cleaned.path / "data/raw/alpha/file.jsonl").unlink()
    listed = cleaned.done("sources", "list", "--json").facts
    assert [row["source"] for row in listed["sources"]] == ["beta", "gamma"]
    assert listed["left"] == ["alpha"]
    assert "alpha left the landing area; only its tables stay" in cleaned.done("sources", "list").out
    assert "alpha left the landing area" in cleaned.done("sources", "clean", "alpha").err
    with cleaned.instance() as instance:
        assert sorted(instance.get_dynamic_partitions("source")) == ["beta", "gamma"]


def test_without_a_cleaned_source_there_is_neither_release_nor_spec(tmp_path):
    project = Project(tmp_path / "project")
    assert refused(project) == (
        "error: no clean_conversations are made yet; try `dataset-platform sources clean`"
    )
    for source in ("alpha", "beta"):
        project.add_source(source, conversations(source, 2))
    with project.instance() as instance:
        instance.add_dynamic_partitions("source", ["alpha", "beta"])
    assert refused(project) == (
        "error: clean_conversations of alpha, beta are not made yet; "
        "try `dataset-platform sources clean alpha beta`"
    )


def test_licenses_that_nobody_decided_are_told_and_stop_a_release(tmp_path):
    project = Project(tmp_path / "project")
    for source in ("alpha", "beta", "decided"):
        project.add_source(source, conversations(source, 5))
    for source in ("alpha", "beta"):
        path = project.path / f"sources/{source}.yaml"
        path.write_text(path.read_text().replace("CC0-1.0", "LicenseRef-ask-the-owner"))
    warning = (
        "warning: license of alpha, beta is undecided: write what their owners allow in sources/<name>.yaml"
    )
    assert warning in project.done("sources", "clean").err
    outcome = project.command(*EXPORT)
    assert outcome.status == 2
    assert warning in outcome.err
    refusal = "licence 'LicenseRef-ask-the-owner' has terms that are not known"
    assert all(f"source {source}: {refusal}" in outcome.error for source in ("alpha", "beta"))
    assert not project.release("1.0.0").exists()


def test_comparing_lists_the_landing_area_once_and_opens_none_of_its_files(cleaned, monkeypatch):
    listed, fetched = [], []
    whole_list, whole_fetch = LocalStore.list, LocalStore.fetch
    monkeypatch.setattr(
        LocalStore, "list", lambda store, prefix: listed.append(prefix) or whole_list(store, prefix)
    )
    monkeypatch.setattr(
        LocalStore, "fetch", lambda store, key, *rest: fetched.append(key) or whole_fetch(store, key, *rest)
    )
    with cleaned.entered():
        for _ in range(2):  # the files of a copied project are other files, whose digests nobody knows yet
            listed.clear()
            fetched.clear()
            listing = listed_sources(Storage().store, "raw")
            assert changes_since_reading(Storage(), ["alpha", "beta", "gamma"], listing) == {}
    assert (listed, fetched) == (["raw"], [])
