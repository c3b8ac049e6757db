import json
import os
import random
import subprocess
import sys

import daft
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dataset_platform import release
from dataset_platform.errors import ContractError, InputError, UsageError
from dataset_platform.release import buckets, shards
from dataset_platform.release.filtering import with_filter_reason
from dataset_platform.release.selection import Selection
from dataset_platform.release.write import write_dataset
from dataset_platform.schemas import LEDGER, RELEASE, DropReason, Fate, FilterReason, Match, WithdrawnBy
from dataset_platform_tests.release.release_records import (
    FILES,
    JSONL_SHARDS,
    LISTED,
    PARQUET_SHARDS,
    SIZES,
    cluster_row,
    conversation,
    decision,
    full_inputs,
    make_inputs,
    make_provenance,
    make_spec,
    sha,
    withdrawn_row,
)


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def without_manifest(folder):
    return {name: data for name, data in contents(folder).items() if name != FILES.manifest}


def ledger_of(built):
    return pl.read_parquet(built.folder / FILES.ledger)


def test_the_folder_holds_exactly_the_files_of_a_release(pristine):
    assert set(contents(pristine.folder)) == {*LISTED, FILES.manifest}


def test_both_dataset_files_hold_the_same_rows_in_the_contracts_columns(pristine):
    for parquet, jsonl in zip(PARQUET_SHARDS, JSONL_SHARDS, strict=True):
        table = pq.read_table(pristine.folder / parquet)
        lines = (pristine.folder / jsonl).read_text().split("\n")[:-1]
        assert table.schema.equals(RELEASE.arrow)
        assert [json.loads(line) for line in lines] == table.to_pylist()
        assert list(json.loads(lines[0])) == RELEASE.names
        assert table["conversation_id"].to_pylist() == sorted(table["conversation_id"].to_pylist())
    assert '"a/b"' in json.loads(lines[0])["messages"][0]["content"]


def test_every_record_has_its_fate(pristine):
    inputs, ledger = full_inputs(), ledger_of(pristine)
    exported = set(pq.read_table(pristine.folder / FILES.parquet)["conversation_id"].to_pylist())
    positions = [(r["origin_file"], r["origin_position"]) for r in inputs.clean + inputs.quarantine]
    assert ledger.select(LEDGER.key).rows() == sorted(positions)
    assert set(ledger["fate"]) == set(Fate)
    assert set(ledger.filter(fate="exported")["conversation_id"]) == exported
    assert set(ledger.filter(fate="filtered")["reason"]) == {DropReason.NO_TEXT}
    assert set(ledger.filter(fate="quarantined")["reason"]) == {"truncated"}
    assert ledger.filter(fate="quarantined")["conversation_id"].null_count() == len(SIZES)
    assert set(ledger.filter(fate="withdrawn")["reason"]) == {WithdrawnBy.CONVERSATION}
    assert ledger.filter(fate="withdrawn").height == len(inputs.withdrawn)
    duplicates = ledger.filter(fate="duplicate")
    assert set(duplicates["reason"]) == {Match.EXACT}
    assert sorted(duplicates["duplicate_of"]) == sorted(
        row["duplicate_of"] for row in inputs.clusters if row["duplicate_of"]
    )


def test_the_manifest_sums_agree_with_the_files(pristine):
    manifest = release.read_manifest(pristine.folder)
    assert manifest == pristine.manifest
    assert release.manifest_sha256(pristine.folder) == pristine.manifest_sha256
    assert manifest.rows == 60 == sum(count.rows for count in manifest.distribution)
    assert sum(line.records for line in manifest.ledger) == ledger_of(pristine).height
    for line in manifest.ledger:
        assert line.records == sum(getattr(line, fate) for fate in Fate)
    assert manifest.created_at.isoformat() == "2026-01-02T03:04:05+00:00"


counts = st.fixed_dictionaries({source: st.integers(0, 12) for source in SIZES})


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts,
    st.sets(st.sampled_from(sorted(SIZES))),
    *[st.integers(0, 2)] * 3,
    st.integers(1, 50),
)
def test_accounts_close_for_any_input(
    tmp_path_factory, sizes, quarantined, dropped, twins, withdrawn, target
):
    assume(any(sizes.values()))
    inputs = make_inputs(sizes, quarantined, dropped, twins, withdrawn)
    built = inputs.build(tmp_path_factory.mktemp("any") / "out", make_spec(target))
    ledger = ledger_of(built)
    assert ledger.height == len(inputs.clean) + len(inputs.quarantine)
    assert ledger.filter(fate="exported").height == min(target, sum(sizes.values()))
    assert ledger.filter(fate="withdrawn").height == len(inputs.withdrawn)
    assert release.verify(built.folder).findings == ()


def test_two_roots_give_the_same_bytes_but_for_time_and_run(tmp_path, pristine):
    again = full_inputs().build(tmp_path / "other" / "root", provenance=make_provenance(run_id="run-2"))
    assert without_manifest(again.folder) == without_manifest(pristine.folder)
    changed = pristine.manifest.model_copy(update={"run_id": "run-2"})
    assert release.read_manifest(again.folder) == changed


@pytest.mark.parametrize("bucket_chars", [buckets.BUCKET_CHARS, 400], ids=["one bucket", "many buckets"])
@pytest.mark.parametrize("batch_rows", [3, 16])
def test_order_files_and_batches_change_no_byte(tmp_path, monkeypatch, bucket_chars, batch_rows):
    monkeypatch.setattr(buckets, "BUCKET_CHARS", bucket_chars)
    inputs = full_inputs()
    expected = inputs.build(tmp_path / "ordered")
    random.Random(batch_rows).shuffle(inputs.clean)
    random.Random(batch_rows).shuffle(inputs.clusters)
    parts = tmp_path / "parts"
    parts.mkdir()
    clean, decisions, withdrawn, clusters, quarantine = inputs.tables
    for part in range(7):
        pq.write_table(clean.slice(part * 17, 17 if part < 6 else None), parts / f"{part}.parquet")
    frame = daft.read_parquet(sorted(map(str, parts.iterdir())))
    with daft.execution_config_ctx(default_morsel_size=batch_rows):
        built = release.build(
            frame,
            daft.from_arrow(decisions),
            daft.from_arrow(withdrawn),
            daft.from_arrow(clusters),
            daft.from_arrow(quarantine),
            make_spec(),
            make_provenance(),
            tmp_path / "shuffled",
        )
    assert contents(built.folder) == contents(expected.folder)


def test_buckets_are_row_groups_and_leave_no_scratch(tmp_path, monkeypatch):
    monkeypatch.setattr(buckets, "BUCKET_CHARS", 400)
    built = full_inputs().build(tmp_path / "out")
    assert pq.ParquetFile(built.folder / PARQUET_SHARDS[0]).num_row_groups > 3
    assert release.verify(built.folder).findings == ()


def test_a_release_without_a_row_is_refused(tmp_path):
    with pytest.raises(InputError, match="no record is left to release"):
        make_inputs({}, quarantined=()).build(tmp_path / "out")


@pytest.mark.parametrize("shard_bytes", [20_000, 5_000])
def test_shards_end_before_the_limit_and_are_numbered(tmp_path, monkeypatch, shard_bytes):
    monkeypatch.setattr(buckets, "BUCKET_CHARS", 100)
    monkeypatch.setattr(shards, "SHARD_BYTES", shard_bytes)
    built = full_inputs().build(tmp_path / "out")
    assert release.verify(built.folder).findings == ()
    train = [path.name for path in sorted((built.folder / FILES.jsonl).glob("train-*"))]
    assert len(train) > 1
    assert train == [f"train-{n:05}-of-{len(train):05}.jsonl" for n in range(1, len(train) + 1)]
    assert all(path.stat().st_size <= shard_bytes for path in (built.folder / FILES.jsonl).iterdir())
    rows = pq.read_table(built.folder / FILES.parquet)
    assert rows.num_rows == built.manifest.rows == len(set(rows["conversation_id"].to_pylist()))


def test_a_spec_without_json_lines_writes_parquet_alone(tmp_path):
    spec = make_spec(formats=release.Formats(files=("parquet",)))
    built = full_inputs().build(tmp_path / "out", spec)
    assert not (built.folder / FILES.jsonl).exists()
    assert release.verify(built.folder).findings == ()


def test_a_split_without_rows_has_no_file(tmp_path):
    spec = make_spec(splits=release.Splits(train=1.0, validation=0.0, test=0.0))
    built = full_inputs().build(tmp_path / "out", spec)
    assert [path.name for path in (built.folder / FILES.parquet).iterdir()] == [
        "train-00001-of-00001.parquet"
    ]


FILTERS = {
    "languages": ({"languages": ("de",)}, "other_language", 0),
    "licenses": ({"licenses": ("CC0-1.0",)}, "other_license", 40),
}


@pytest.mark.parametrize(("filters", "reason", "kept"), FILTERS.values(), ids=FILTERS)
def test_rows_that_the_spec_does_not_want_are_filtered_with_its_reason(tmp_path, filters, reason, kept):
    spec = make_spec(target_samples=1000, filters=release.Filters(**filters))
    inputs = full_inputs()
    inputs.clean += [conversation("voice", 14) | {"language": "de", "license": "CC0-1.0"}]
    inputs.decisions += [decision(inputs.clean[-1])]
    ledger = ledger_of(inputs.build(tmp_path / "out", spec))
    found = ledger.filter(pl.col("reason").is_in([r.value for r in FilterReason]))
    assert set(found["reason"]) == {reason}
    assert set(found["fate"]) == {Fate.FILTERED}
    assert ledger.filter(fate="exported").height == kept + 1
    assert ledger.filter(fate="duplicate").height == 3 * len(SIZES)
    assert ledger.filter(fate="withdrawn").height == 2 * len(SIZES)


def test_edge_cases_are_never_filtered_for_their_quality():
    rows = pl.DataFrame({"quality": [0.2, 0.9, 0.2], "is_edge_case": [False, False, True]})
    found = with_filter_reason(rows, release.Filters(min_quality=0.5))
    assert found["filter_reason"].to_list() == [FilterReason.LOWER_QUALITY, None, None]


def test_no_text_lies_in_the_parquet_footer(pristine):
    metadata = pq.read_metadata(pristine.folder / PARQUET_SHARDS[0])
    group = metadata.row_group(0)
    columns = [group.column(n) for n in range(group.num_columns)]
    assert {c.path_in_schema for c in columns if c.statistics is None} >= {
        "messages.list.element.content",
        "attributes",
    }


def _repeat(inputs):
    inputs.clean.append(dict(inputs.clean[0]))


def _lose(inputs):
    del inputs.clean[1]


def _stale_cluster(inputs):
    inputs.clusters.append(cluster_row(conversation("plain", 999), conversation("plain", 0), Match.EXACT))


def _kept_is_withdrawn(inputs):
    kept = next(row["duplicate_of"] for row in inputs.clusters if row["duplicate_of"])
    inputs.withdrawn += [withdrawn_row(row) for row in inputs.clean if row["conversation_id"] == kept]


def _withdrawn_is_unknown(inputs):
    inputs.withdrawn.append(withdrawn_row(conversation("plain", 999)))


def _kept_is_filtered(inputs):
    kept = next(row["duplicate_of"] for row in inputs.clusters if row["duplicate_of"])
    next(row for row in inputs.decisions if row["conversation_id"] == kept)["drop_reason"] = (
        DropReason.NO_TEXT
    )


def _same_id(inputs):
    inputs.clean[5]["conversation_id"] = inputs.clean[6]["conversation_id"]


def _clean_and_quarantined(inputs):
    inputs.quarantine.append({**inputs.quarantine[0], "origin_position": 0})


LEAKS = {
    _repeat: "1 positions are claimed by more than one",
    _clean_and_quarantined: "1 positions are claimed by more than one",
    _lose: "1 positions below a file's last one are neither clean nor quarantined",
    _stale_cluster: "1 rows of duplicate_clusters name a record that is not among",
    _kept_is_filtered: "1 duplicates point to no kept conversation",
    _kept_is_withdrawn: "1 withdrawn records take part in duplicate_clusters; 1 duplicates point to no kept",
    _withdrawn_is_unknown: "1 rows of withdrawn_conversations name a record that is not among",
    _same_id: "1 kept conversations share a conversation_id",
}


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__.strip("_"))
def test_a_release_whose_accounts_do_not_close_is_refused_without_a_manifest(tmp_path, leak):
    inputs = full_inputs()
    leak(inputs)
    with pytest.raises(ContractError, match=LEAKS[leak]):
        inputs.build(tmp_path / "out")
    assert not (tmp_path / "out" / FILES.manifest).exists()


def test_rows_that_never_arrive_are_refused(tmp_path):
    drawn = pl.DataFrame(
        {
            "conversation_id": [bytes.fromhex(sha("a"))],
            "origin_file": ["a"],
            "origin_position": [0],
            "n_chars": [1],
            "split": ["train"],
            "cluster_id": [bytes.fromhex(sha("a"))],
            "split_group": [b""],
            "unresolved": [[]],
        }
    )
    with pytest.raises(ContractError, match="1 rows were drawn and 0 arrived"):
        write_dataset([], Selection(drawn), tmp_path, FILES, release.Formats())


def test_a_folder_that_is_not_empty_is_refused(tmp_path):
    (tmp_path / "something").touch()
    with pytest.raises(UsageError, match="not empty"):
        full_inputs().build(tmp_path)


ON_CPUS = """
import os, pathlib, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
from dataset_platform.release import buckets
from dataset_platform_tests.release.release_records import full_inputs
buckets.BUCKET_CHARS = 400
full_inputs().build(pathlib.Path(sys.argv[2]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot pin a process to CPUs")
def test_one_and_two_cpus_give_the_same_bytes(tmp_path):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("this machine has one CPU")
    for cpus in ("1", "2"):
        subprocess.run([sys.executable, "-c", ON_CPUS, cpus, str(tmp_path / cpus)], check=True)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
