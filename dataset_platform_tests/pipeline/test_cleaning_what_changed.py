"""A source is cleaned again only as far as it changed, and the rows are as if all had been cleaned."""

from functools import partial

import dagster as dg
import pytest

from dataset_platform import curate
from dataset_platform.assets import clean_conversations as asset
from dataset_platform.assets.raw_conversations import raw_conversations
from dataset_platform.storage.io_managers import Storage, TableIOManager
from dataset_platform_tests.pipeline.project import Project, conversation, conversations

SIGNATURE = "Jo Doe, LMFT, private practice in Springfield"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A source of 20 files with two conversations each; names are not looked for, which saves the tagger."""
    project = Project(tmp_path / "project")
    project.describe("alpha")
    for number in range(20):
        project.land("alpha", conversations(f"file {number}", 2), f"{number:02}.jsonl")
    project.sources = dg.DagsterInstance.ephemeral()
    project.sources.add_dynamic_partitions("source", ["alpha"])
    unmasked = partial(curate.configuration.Cleaning, kinds=frozenset())
    monkeypatch.setattr(asset.curate, "Cleaning", unmasked)
    return project


def clean(project) -> tuple[int, int]:
    """Reads and cleans the source: rows that were cleaned, and rows that were reused."""
    with project.entered():
        result = dg.materialize(
            [raw_conversations, asset.clean_conversations],
            partition_key="alpha",
            instance=project.sources,
            resources={"storage": Storage(), "io_manager": TableIOManager()},
        )
    (made,) = result.asset_materializations_for_node("clean_conversations")
    return made.metadata["rows cleaned"].value, made.metadata["rows reused"].value


def rows(project) -> list[dict]:
    found = project.rows("clean_conversations", "alpha")
    return sorted(found, key=lambda row: (row["origin_file"], row["origin_position"]))


def rows_of_a_first_cleaning(project) -> list[dict]:
    for stored in (project.path / "data/processed/clean_conversations/alpha").iterdir():
        if stored.name == "manifest.json":
            stored.unlink()
    clean(project)
    return rows(project)


def test_the_rows_of_one_changed_file_of_many_are_cleaned_again(project):
    assert clean(project) == (40, 0)
    assert clean(project) == (0, 40)
    project.land("alpha", conversations("changed", 3), "07.jsonl")
    assert clean(project) == (3, 38)
    assert rows(project) == rows_of_a_first_cleaning(project)


def test_rows_of_a_deleted_file_leave_and_of_a_renamed_one_are_cleaned(project):
    clean(project)
    (project.path / "data/raw/alpha/03.jsonl").unlink()
    (project.path / "data/raw/alpha/04.jsonl").rename(project.path / "data/raw/alpha/new.jsonl")
    assert clean(project) == (2, 36)
    assert {row["origin_file"] for row in rows(project)} >= {"alpha/new.jsonl"}
    assert len(rows(project)) == 38


def test_another_reading_of_the_same_files_cleans_all(project):
    clean(project)
    description = project.path / "sources/alpha.yaml"
    description.write_text(description.read_text().replace("CC0-1.0", "MIT"))
    assert clean(project) == (40, 0)
    assert {row["license"] for row in rows(project)} == {"MIT"}


def signed(key: str) -> dict:
    record = conversation(key)
    record["turns"][-1]["content"] += f"\n\n{SIGNATURE}"
    return record


def test_a_closing_that_becomes_common_is_removed_from_the_files_that_have_it(project):
    project.land("alpha", [signed(f"early {number}") for number in range(9)], "00.jsonl")
    assert clean(project) == (47, 0)
    assert sum(SIGNATURE in row["messages"][-1]["content"] for row in rows(project)) == 9
    project.land("alpha", [signed("late"), conversation("unsigned")], "05.jsonl")
    assert clean(project) == (11, 36)
    assert not any(SIGNATURE in row["messages"][-1]["content"] for row in rows(project))
    assert rows(project) == rows_of_a_first_cleaning(project)
