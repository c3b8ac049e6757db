"""Every blocking check judges the partition that it stands for, and no other (dagster#27747)."""

import dagster as dg
import pytest

from dataset_platform.schemas import CLEAN, QUARANTINE, RAW
from dataset_platform_tests import rows

pytestmark = pytest.mark.slow


def test_a_broken_table_fails_the_contract_of_its_own_source_only(cleaned):
    raw = cleaned.rows("raw_conversations", "alpha")
    cleaned.replace_rows("raw_conversations", "alpha", [*raw, raw[0]], RAW)
    twice = rows.quarantine(0, source="beta", origin_file="beta/file.jsonl")
    cleaned.replace_rows("quarantine", "beta", [twice, twice], QUARANTINE)
    clean = cleaned.rows("clean_conversations", "gamma")
    blank = [{**turn, "content": " "} for turn in clean[3]["messages"]]
    cleaned.replace_rows("clean_conversations", "gamma", [{**clean[3], "messages": blank}], CLEAN)

    statuses = {source: cleaned.command("sources", "clean", source) for source in ("alpha", "beta", "gamma")}

    assert cleaned.failed_checks() == [
        ("raw_conversations", "contract", "alpha"),
        ("quarantine", "contract", "beta"),
        ("clean_conversations", "contract", "gamma"),
    ]
    assert {source: outcome.status for source, outcome in statuses.items()} == dict.fromkeys(statuses, 1)
    assert (
        "raw_conversations, contract: rules of raw_conversations that are broken: 1"
        in statuses["alpha"].error
    )


def test_a_broken_raw_table_blocks_the_cleaning_of_its_source_only(cleaned):
    raw = cleaned.rows("raw_conversations", "alpha")
    cleaned.replace_rows("raw_conversations", "alpha", [*raw, raw[0]], RAW)
    before = cleaned.reused()
    assert cleaned.command("sources", "clean", "alpha").status == 1
    assert cleaned.command("sources", "clean", "beta").status == 0
    after = cleaned.reused()
    grown = {key for key in after if key[0] == "clean_conversations" and after[key] != before[key]}
    assert grown == {("clean_conversations", "beta")}


def test_a_check_names_the_rule_and_five_records_but_no_text(cleaned):
    clean = cleaned.rows("clean_conversations", "alpha")
    cleaned.replace_rows("clean_conversations", "alpha", [{**row, "n_turns": -1} for row in clean], CLEAN)
    assert cleaned.command("sources", "clean", "alpha").status == 1
    (failed,) = [found for found in cleaned.evaluations() if not found.passed]
    assert failed.severity is dg.AssetCheckSeverity.ERROR
    (violation,) = [record.data for record in failed.metadata["violations"].records]
    assert (violation["column"], violation["rows"]) == ("n_turns", len(clean))
    places = {f"alpha/file.jsonl#{position}" for position in range(len(clean))}
    examples = violation["examples"].split(", ")
    assert len(set(examples)) == 5
    assert set(examples) <= places


def test_a_table_with_damaged_bytes_stops_the_release_and_is_named(cleaned):
    path = cleaned.stored_file("clean_conversations", "beta")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    outcome = cleaned.command("export", "--version", "1.0.0", "--no-quality")
    assert outcome.status == 1
    assert "clean_conversations/beta: part-00000.parquet differs from the manifest" in outcome.error
    assert not cleaned.release("1.0.0").exists()
    cleaned.done("sources", "clean", "beta")
    cleaned.done("export", "--version", "1.0.0", "--no-quality")


def test_the_contract_check_of_a_release_counts_the_rows_of_its_own_version(released):
    found = {
        evaluation.partition: evaluation.metadata["rows"].value
        for evaluation in released.evaluations()
        if evaluation.asset_key == dg.AssetKey("dataset_export")
    }
    assert found == {"1.0.0": 20, "2.0.0": 60}


def test_a_damaged_release_fails_alone(released):
    dataset = released.release("1.0.0") / "dataset_v1.0.0.jsonl/train-00001-of-00001.jsonl"
    dataset.write_bytes(dataset.read_bytes()[:-1])
    damaged = released.command("export", "--version", "1.0.0", "--target-samples", "20", "--no-quality")
    assert damaged.status == 1
    assert "dataset_v1.0.0.jsonl/train-00001-of-00001.jsonl: truncated" in damaged.error
    released.done("export", "--version", "2.0.0")


def test_gates_judge_the_report_of_their_own_version(released):
    def verdicts():
        return [
            (found.partition, found.metadata["gate"].records[0].data["threshold"], found.passed)
            for found in released.evaluations()
            if found.check_name == "semantic_coherence"
        ]

    earlier = len(verdicts())
    released.spec("3.0.0", semantic_coherence=1.0)
    assert released.command("export", "--version", "3.0.0").status == 1
    released.done("export", "--version", "2.0.0")
    assert verdicts()[earlier:] == [("3.0.0", "at least 1", False), ("2.0.0", "at least 0", True)]
