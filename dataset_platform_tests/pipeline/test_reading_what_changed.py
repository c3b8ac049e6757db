"""A source is read again only as far as it changed, and the tables are as if all had been read."""

import random
from dataclasses import dataclass

import dagster as dg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset_platform.assets.raw_conversations import raw_conversations
from dataset_platform.storage.io_managers import Storage, TableIOManager
from dataset_platform.storage.local import LocalStore
from dataset_platform_tests.pipeline.project import Project, conversation, conversations

TABLES = ("raw_conversations", "quarantine", "source_files")


@pytest.fixture
def project(tmp_path):
    project = with_instance(Project(tmp_path / "project"))
    project.describe("alpha")
    for number in range(20):
        project.land("alpha", conversations(f"file {number}", 2), f"{number:02}.jsonl")
    return project


@pytest.fixture
def fetched(monkeypatch):
    """Names of the landed files that were fetched."""
    names = []
    whole = LocalStore.fetch

    def counted(store, key, *rest):
        if key.startswith("raw/"):
            names.append(key.removeprefix("raw/alpha/"))
        return whole(store, key, *rest)

    monkeypatch.setattr(LocalStore, "fetch", counted)
    return names


@dataclass(frozen=True)
class Reading:
    """Landed files that were fetched for a reading, and what its metadata says of files."""

    fetched: list[str]
    read: int
    files: int


def read(project, fetched=()):
    """Materialises the tables of one reading, and nothing after them."""
    before = len(fetched)
    with project.entered():
        result = dg.materialize(
            [raw_conversations],
            partition_key="alpha",
            instance=project.sources,
            resources={"storage": Storage(), "io_manager": TableIOManager()},
        )
    told = [made.metadata for made in result.asset_materializations_for_node("read_source")]
    read = max(metadata["files read"].value for metadata in told)
    return Reading(sorted(fetched[before:]), read, told[0]["files"].value)


def with_instance(project):
    project.sources = dg.DagsterInstance.ephemeral()
    project.sources.add_dynamic_partitions("source", ["alpha"])
    return project


def table_bytes(project, asset):
    return [path.read_bytes() for path in sorted(project.stored_file(asset, "alpha").parent.iterdir())]


def test_one_changed_file_of_many_is_the_only_one_that_is_opened(project, fetched):
    first = read(project, fetched)
    assert (len(first.fetched), first.read, first.files) == (20, 20, 20)
    project.land("alpha", conversations("changed", 3), "07.jsonl")
    assert read(project, fetched) == Reading(["07.jsonl"], 1, 20)
    assert len(project.rows("raw_conversations", "alpha")) == 41
    assert read(project, fetched) == Reading([], 0, 20)


def test_rows_of_a_deleted_file_leave_and_of_a_new_one_come(project, fetched):
    read(project)
    (project.path / "data/raw/alpha/03.jsonl").unlink()
    project.land("alpha", [conversation("new"), "broken"], "new.jsonl")
    assert read(project, fetched).fetched[-1] == "new.jsonl"
    files = {row["origin_file"] for row in project.rows("source_files", "alpha")}
    assert "alpha/03.jsonl" not in files
    assert files == {row["origin_file"] for row in project.rows("raw_conversations", "alpha")}
    (lost,) = project.rows("quarantine", "alpha")
    assert (lost["origin_file"], lost["origin_position"]) == ("alpha/new.jsonl", 1)


def test_another_description_reads_everything_again(project, fetched):
    read(project, fetched)
    description = project.path / "sources/alpha.yaml"
    description.write_text(description.read_text().replace("CC0-1.0", "MIT"))
    assert read(project, fetched).read == 20


def test_without_index_every_file_is_hashed_but_none_is_read_again(project, fetched):
    read(project, fetched)
    (project.path / "data/processed/landing_index/alpha.json").unlink()
    project.land("alpha", conversations("changed", 3), "07.jsonl")
    again = read(project, fetched)
    assert (len(again.fetched), again.read) == (20, 1)


@pytest.mark.parametrize("asset", TABLES)
def test_a_damaged_table_of_the_last_reading_is_not_copied_from(project, fetched, asset):
    read(project, fetched)
    path = project.stored_file(asset, "alpha")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert read(project, fetched).read == 20
    assert len(project.rows("raw_conversations", "alpha")) == 40


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["write", "delete", "break", "touch", "rename"]), st.integers(0, 5), st.integers(0, 3)
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(EDITS, min_size=1, max_size=2))
def test_whatever_is_edited_the_tables_are_those_of_a_first_reading(tmp_path_factory, rounds):
    folder = tmp_path_factory.mktemp("edited")
    edited = with_instance(Project(folder / "edited"))
    edited.add_source("alpha", conversations("first", 2))
    read(edited)
    for number, edits in enumerate(rounds):
        for edit in edits:
            apply(edited, number, *edit)
        read(edited)
    anew = with_instance(Project(folder / "anew"))
    (anew.path / "data").mkdir()
    (edited.path / "data/raw").rename(anew.path / "data/raw")
    anew.describe("alpha")
    read(anew)
    for asset in TABLES:
        assert table_bytes(edited, asset) == table_bytes(anew, asset)


def apply(project, round_, kind, file, amount):
    path = project.path / "data/raw/alpha" / f"{file}.jsonl"
    if kind == "write" or not path.exists():
        project.land("alpha", conversations(f"{round_} {file} {amount}", amount), path.name)
    elif kind == "delete":
        path.unlink()
    elif kind == "break":
        content = bytearray(path.read_bytes() or b"{}")
        content[random.Random(amount).randrange(len(content))] ^= 64
        path.write_bytes(content)
    elif kind == "touch":
        path.touch()
    else:
        path.rename(path.with_name(f"renamed {file}.jsonl"))
