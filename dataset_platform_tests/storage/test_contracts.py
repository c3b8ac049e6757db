"""Contracts find every broken rule, name the rows, and show no text."""

from collections import Counter

import daft
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_platform.schemas import CLEAN, CLUSTERS, CONTRACTS, QUARANTINE, RAW, RELEASE
from dataset_platform.storage import contracts, tables
from dataset_platform.storage.contracts import broken_rules
from dataset_platform.storage.statistics import column_statistics
from dataset_platform.storage.tables import write_batches, write_table
from dataset_platform_tests import rows

MAKERS = [(RAW, rows.raw), (QUARANTINE, rows.quarantine), (CLEAN, rows.clean), (CLUSTERS, rows.cluster)]


@pytest.mark.parametrize(("contract", "make"), [*MAKERS, (RELEASE, rows.released)])
def test_sound_rows_keep_every_contract(contract, make, tmp_path):
    assert broken_rules(rows.frame(contract, [make(0), make(1)], tmp_path), contract) == []


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_no_rule_asks_what_a_list_holds_as_none_would_be_answered(contract):
    assert not [
        column.name for column in contract.columns if pa.types.is_nested(column.type) and column.rules
    ]


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_an_empty_table_keeps_every_contract(contract, tmp_path):
    assert broken_rules(rows.frame(contract, [], tmp_path), contract) == []


@pytest.mark.parametrize(
    ("differing", "column", "rule"),
    [
        ({"stage": "advanced"}, "stage", "one of foundation, expertise, edge_case, voice_persona"),
        ({"origin_sha256": "abc"}, "origin_sha256", "64 hex digits"),
        ({"origin_position": -1}, "origin_position", "at least 0"),
        ({"messages": [{"role": "coach", "content": "secret"}]}, "role", "one of system, user, assistant"),
        ({"messages": rows.turns("secret", " \n")}, "content", "not blank"),
        ({"language": None}, "language", "not_nullable"),
        ({"flags": None}, "flags", "not_nullable"),
        ({"messages": None}, "messages", "not_nullable"),
    ],
)
def test_a_broken_rule_is_named_with_its_column_and_rows(differing, column, rule, tmp_path):
    frame = rows.frame(CLEAN, [rows.clean(0), rows.clean(1) | differing], tmp_path)
    found = [v for v in broken_rules(frame, CLEAN) if v.column == column]
    assert [(v.rule, v.count) for v in found] == [(rule, 1)]
    assert "secret" not in str(found)


def test_a_key_that_repeats_is_found_across_batches(tmp_path):
    frame = rows.frame(RAW, [rows.raw(0), rows.raw(1), rows.raw(1)], tmp_path)
    (found,) = broken_rules(frame, RAW)
    assert (found.rule, found.count) == ("origin_file + origin_position occurs once", 1)
    assert found.examples == ("alpha/a.jsonl#1",)


@pytest.mark.parametrize("collide", [False, True])
@given(positions=st.lists(st.integers(0, 12), max_size=30))
def test_keys_that_repeat_are_counted_once_each_whatever_their_hashes(collide, positions, tmp_path_factory):
    frame = rows.frame(QUARANTINE, [rows.quarantine(at) for at in positions], tmp_path_factory.mktemp("keys"))
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(contracts, "_hashes", lambda batch, _: np.zeros(batch.num_rows, np.uint64))
        found = broken_rules(frame, QUARANTINE)
    repeated = sorted(at for at, count in Counter(positions).items() if count > 1)
    assert [violation.count for violation in found] == [len(repeated)] * bool(repeated)
    named = [example.rpartition("#")[2] for violation in found for example in violation.examples]
    assert named == [str(at) for at in repeated[:5]]


def test_at_most_five_examples_are_kept(tmp_path):
    frame = rows.frame(RAW, [rows.raw(p, stage="x") for p in range(9)], tmp_path)
    (found,) = broken_rules(frame, RAW)
    assert found.count == 9
    assert len(found.examples) == 5


def test_other_columns_or_types_are_a_violation_of_the_schema(tmp_path):
    table = rows.arrow(RAW, [rows.raw(0)]).drop_columns("license")
    table = table.set_column(0, "conversation_id", pa.array([7]))
    pq.write_table(table, tmp_path / "x.parquet")
    found = broken_rules(daft.read_parquet(str(tmp_path / "x.parquet")), RAW)
    assert {v.column for v in found} == {"(schema)"}
    assert {v.rule.split(":")[0] for v in found} == {"license", "conversation_id"}


def test_statistics_show_numbers_and_categories_but_no_text(tmp_path):
    frame = rows.frame(RAW, [rows.raw(p, messages=rows.turns("secret", "words")) for p in range(4)], tmp_path)
    statistics = {row["column"]: row for row in column_statistics(frame, RAW)}
    assert statistics["stage"]["values"] == "foundation 4"
    assert statistics["origin_position"]["values"] == "0 to 3, mean 1.50"
    assert statistics["messages"] == {"column": "messages", "filled": 4, "values": ""}
    assert "secret" not in str(statistics)


def test_a_written_table_has_the_contract_s_schema_even_when_empty(tmp_path):
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    target.mkdir()
    write_table(rows.frame(RAW, [], source), RAW, target)
    (path,) = target.iterdir()
    assert pq.read_schema(path).equals(RAW.arrow)


def test_a_tables_bytes_do_not_depend_on_the_engines_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROWS_PER_GROUP", 10)
    monkeypatch.setattr(tables, "GROUPS_PER_SHARD", 2)
    source = rows.arrow(RAW, [rows.raw(place) for place in range(47)])
    written = []
    for size in (1, 7, 47):
        folder = tmp_path / str(size)
        folder.mkdir()
        write_batches(source.to_batches(size), RAW, folder)
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert written[0] == written[1] == written[2]
    assert [pq.read_metadata(tmp_path / "7" / name).num_rows for name in sorted(written[0])] == [20, 20, 7]
