"""Every record ends in exactly one place, or there is no release."""

from collections import Counter

import dagster as dg
import pytest

from dataset_platform.schemas import CLEAN, DECISIONS, RAW
from dataset_platform.storage.work import sha256_of
from dataset_platform_tests.pipeline.project import Project, conversation, conversations


@pytest.mark.parametrize("flags", [(), ("--no-quality",)], ids=["judged", "not judged"])
def test_a_record_that_was_lost_while_cleaning_blocks_the_export(cleaned, flags):
    clean = cleaned.rows("clean_conversations", "beta")
    cleaned.replace_rows("clean_conversations", "beta", clean[:7] + clean[8:], CLEAN)

    outcome = cleaned.command("export", "--version", "1.0.0", *flags)

    assert outcome.status == 1
    assert outcome.out == ""
    assert "accounts_close: 1 records read but not cleaned: beta/file.jsonl#7" in outcome.error
    assert cleaned.failed_checks() == [("duplicate_clusters", "accounts_close", None)]
    assert not (cleaned.path / "data/exports").exists()
    with cleaned.instance() as instance:
        assert instance.get_latest_materialization_event(dg.AssetKey("dataset_export")) is None


def test_a_record_that_was_never_read_blocks_the_export(cleaned):
    raw = cleaned.rows("raw_conversations", "alpha")
    cleaned.replace_rows("raw_conversations", "alpha", raw[:-1], RAW)
    outcome = cleaned.command("export", "--version", "1.0.0", "--no-quality")
    assert outcome.status == 1
    assert "1 records cleaned but never read: alpha/file.jsonl#29" in outcome.error


def test_a_gap_in_the_positions_of_a_file_blocks_the_export(cleaned):
    tables = (("raw_conversations", RAW), ("clean_conversations", CLEAN), ("filter_decisions", DECISIONS))
    for asset, contract in tables:
        stored = cleaned.rows(asset, "gamma")
        cleaned.replace_rows(asset, "gamma", stored[:4] + stored[5:], contract)
    outcome = cleaned.command("export", "--version", "1.0.0", "--no-quality")
    assert outcome.status == 1
    assert "gamma/file.jsonl: 9 rows at 9 positions from 0 to 9" in outcome.error


@pytest.fixture(scope="module")
def motley(tmp_path_factory):
    """Sources with everything that may befall a record, released as 1.0.0."""
    project = Project(tmp_path_factory.mktemp("motley"))
    shared = conversation("told twice")
    near = conversation("nearly the same", turns=12)
    nearly = {**near, "turns": [*near["turns"][:-1], {"speaker": "Therapist", "content": "And then?"}]}
    monologue = {"turns": [{"speaker": "Client", "content": "Nobody answers me, whatever I say."}]}
    lecture = {"turns": [{"speaker": "Therapist", "content": "Breathe in, and slowly out again."}]}
    project.add_source("alpha", [*conversations("alpha", 30), shared, near, monologue])
    project.add_source("beta", [*conversations("beta", 20), shared, nearly, lecture], "expertise")
    project.add_source("broken", ["{not json", '{"turns": 3}', '{"turns": [{"speaker": "Client"}]}'])
    project.done("sources", "clean")
    project.done("export", "--version", "1.0.0", "--no-quality")
    return project


def fates(project, version="1.0.0"):
    return Counter((line["source"], line["fate"], line["reason"]) for line in project.ledger(version))


def test_every_record_has_one_fate_with_its_reason(motley):
    found = fates(motley)
    kept = {source: found.pop((source, "exported", None)) for source in ("alpha", "beta")}
    assert sum(kept.values()) == 52
    assert {key[1:]: count for key, count in found.items() if key[1] == "duplicate"} == {
        ("duplicate", "exact"): 1,
        ("duplicate", "near"): 1,
    }
    assert {key: count for key, count in found.items() if key[1] != "duplicate"} == {
        ("alpha", "filtered", "no_assistant_turn"): 1,
        ("beta", "filtered", "no_user_turn"): 1,
        ("broken", "quarantined", "bad_syntax"): 1,
        ("broken", "quarantined", "wrong_type"): 1,
        ("broken", "quarantined", "missing_field"): 1,
    }


def test_the_ledger_has_a_line_for_each_line_that_landed(motley):
    landed = {
        (f"{path.parent.name}/{path.name}", position)
        for path in (motley.path / "data/raw").glob("*/*.jsonl")
        for position in range(len(path.read_text().splitlines()))
    }
    places = [(line["origin_file"], line["origin_position"]) for line in motley.ledger("1.0.0")]
    assert len(places) == len(landed)
    assert set(places) == landed


def test_a_duplicate_across_sources_points_to_an_exported_row(motley):
    exported = {row["conversation_id"] for row in motley.exported("1.0.0")}
    duplicates = [line for line in motley.ledger("1.0.0") if line["fate"] == "duplicate"]
    assert len(duplicates) == 2
    assert {line["duplicate_of"] for line in duplicates} <= exported


def test_every_exported_row_names_the_line_that_it_came_from(motley):
    for row in motley.exported("1.0.0"):
        line = (
            (motley.path / "data/raw" / row["origin_file"]).read_text().splitlines()[row["origin_position"]]
        )
        assert row["messages"][0]["content"].split()[-1] in line


def test_a_source_of_broken_records_alone_is_listed_with_what_it_lost(motley):
    (line,) = [
        row for row in motley.done("sources", "list", "--json").facts["sources"] if row["source"] == "broken"
    ]
    assert line == {"source": "broken", "records": 3, "quarantined": 3, "dropped": 0, "fit": 0}
    assert motley.failed_checks() == []


def test_near_duplicates_never_straddle_splits(motley):
    """The whole cluster is drawn as one: its kept member stands for it in one split."""
    clusters = motley.rows("duplicate_clusters", None)
    split = {row["cluster_id"]: row["split"] for row in motley.exported("1.0.0")}
    assert len(split) == len(motley.exported("1.0.0"))
    assert {row["cluster_id"] for row in clusters} <= split.keys()


def test_copies_with_small_changes_leave_one_member_in_one_split(tmp_path):
    """Ten families of five near copies, spread over two sources."""
    project = Project(tmp_path / "project")
    families = [conversation(f"family {number}", turns=12) for number in range(10)]
    copies = [
        {**family, "turns": [*family["turns"], {"speaker": "Client", "content": f"That is all {word}."}]}
        for word in ("today", "really", "thanks", "friend", "sorry")
        for family in families
    ]
    project.add_source("alpha", copies[:25] + conversations("alpha", 10))
    project.add_source("beta", copies[25:] + conversations("beta", 10), "expertise")
    project.done("sources", "clean")
    project.done("export", "--version", "1.0.0", "--no-quality")
    splits = {}
    for row in project.exported("1.0.0"):
        splits.setdefault(tuple(turn["content"] for turn in row["messages"][:12]), []).append(row["split"])
    assert len(splits) == 30
    assert [found for found in splits.values() if len(found) != 1] == []


def test_a_described_source_without_files_is_refused_by_name(cleaned):
    cleaned.describe("empty")
    (cleaned.path / "data/raw/empty").mkdir()
    outcome = cleaned.command("sources", "clean", "empty")
    assert (outcome.status, outcome.error) == (2, "error: data/raw/empty: no files to read")


def test_a_source_that_never_had_files_does_not_block_the_others(cleaned):
    cleaned.describe("empty")
    cleaned.command("sources", "clean", "empty")
    cleaned.done("export", "--version", "1.0.0", "--no-quality")


def test_a_source_that_left_the_landing_area_is_left_out_or_named(cleaned):
    for path in (cleaned.path / "data/raw/gamma").iterdir():
        path.unlink()
    cleaned.command("sources", "clean")
    outcome = cleaned.command("export", "--version", "1.0.0", "--no-quality")
    named = outcome.status == 2 and "gamma" in outcome.error
    assert named or "gamma" not in {line["source"] for line in cleaned.ledger("1.0.0")}


def test_a_description_that_is_gone_stays_in_the_lock_as_it_was_read(cleaned):
    description = cleaned.path / "sources/gamma.yaml"
    read_with = sha256_of(description)
    description.unlink()
    cleaned.done("export", "--version", "1.0.0", "--no-quality")
    assert read_with in (cleaned.release("1.0.0") / "config_lock.json").read_text()


def test_the_lock_names_the_description_that_the_rows_were_read_with(cleaned):
    description = cleaned.path / "sources/alpha.yaml"
    description.write_text(description.read_text().replace("CC0-1.0", "MIT"))
    changed = sha256_of(description)
    outcome = cleaned.command("export", "--version", "1.0.0", "--no-quality")
    refused = outcome.status != 0 and "alpha" in outcome.error
    assert refused or changed not in (cleaned.release("1.0.0") / "config_lock.json").read_text()
