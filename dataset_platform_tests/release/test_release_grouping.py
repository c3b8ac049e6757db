"""Conversations, their near-duplicates and their twins stay in one split, whatever else a release holds."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform import release
from dataset_platform.errors import ContractError
from dataset_platform.release import grouping, ledger
from dataset_platform.release.card import Facts
from dataset_platform_tests.release.release_records import FILES, full_inputs, make_inputs, make_spec, sha


def digest(text):
    return bytes.fromhex(sha(text))


CLUSTERS = st.sampled_from("abcdefgh").map(digest)
GROUPS = st.just(grouping.NO_GROUP) | st.sampled_from("PQRSTU").map(digest)
ROWS = st.lists(st.tuples(CLUSTERS, GROUPS), max_size=30)


def together(rows):
    schema = {"cluster_id": pl.Binary, "split_group": pl.Binary}
    return grouping.kept_together(pl.DataFrame(rows, schema=schema, orient="row"))


def components(rows):
    """Names of rows, the slow way: the smallest group that can be reached, else the cluster."""
    for cluster, group in rows:
        clusters, groups = {cluster}, {group} - {grouping.NO_GROUP}
        for _ in rows:
            groups |= {g for c, g in rows if c in clusters and g != grouping.NO_GROUP}
            clusters |= {c for c, g in rows if g in groups}
        yield min(groups) if groups else cluster


@settings(max_examples=30)
@given(ROWS)
def test_a_component_is_named_by_its_smallest_group_or_its_cluster(rows):
    assert together(rows).to_list() == list(components(rows))


@settings(max_examples=25)
@given(ROWS, st.integers(0, 1000), st.randoms(use_true_random=False))
def test_neither_a_cluster_nor_a_group_straddles_splits_in_any_order(rows, seed, random):
    seen = {}
    for ordered in (rows, random.sample(rows, len(rows))):
        splits = release.assign_splits(together(ordered), seed, release.Splits()).to_list()
        for (cluster, group), split in zip(ordered, splits, strict=True):
            assert seen.setdefault(("cluster", cluster), split) == split
            assert group == grouping.NO_GROUP or seen.setdefault(("group", group), split) == split


@settings(max_examples=25)
@given(ROWS, st.lists(GROUPS, max_size=8))
def test_a_source_that_shares_nothing_moves_no_row(rows, others):
    added = [(digest(f"row {n}"), group and digest(f"elsewhere {group!r}")) for n, group in enumerate(others)]
    assert together(rows + added).to_list()[: len(rows)] == together(rows).to_list()


def test_a_release_counts_what_stands_in_two_splits_and_what_groups_do_to_the_shares(tmp_path):
    inputs = make_inputs({"plain": 60, "twins": 20}, twins=3)
    for row in inputs.decisions:
        row["split_group"] = sha(f"{row['source']} {row['origin_position'] // 4}")
    built = inputs.build(tmp_path / "out", make_spec(80, mix=HALVES))
    rows = pl.read_parquet(built.folder / FILES.parquet)
    assert rows["split_group"].n_unique() > 10
    assert set(rows.group_by("split_group").agg(pl.col("split").n_unique())["split"]) == {1}
    assert built.manifest.leaks.model_dump() == {"texts": 0, "clusters": 0, "groups": 0}
    counts = dict(rows.group_by("split").len().iter_rows())
    assert {line.split: line.rows for line in built.manifest.splits if line.rows} == counts
    assert [line.asked for line in built.manifest.splits] == [0.8, 0.1, 0.1]
    assert sum(line.got for line in built.manifest.splits) == pytest.approx(1, abs=0.001)
    assert "rows at most stay together here" in (built.folder / "README.md").read_text()
    assert release.verify(built.folder).findings == ()


HALVES = release.Mix(foundation=0.5, expertise=0.0, edge_case=0.0, voice_persona=0.5)


def test_a_group_also_holds_what_a_duplicate_of_its_rows_says(tmp_path):
    inputs = make_inputs({"plain": 20}, twins=1)
    kept, other, twin = (inputs.clean[place]["conversation_id"] for place in (0, 1, 20))

    def splits(out):
        built = inputs.build(tmp_path / out, make_spec(20, seed=7, splits=EVEN))
        found = dict(pl.read_parquet(built.folder / FILES.parquet)["conversation_id", "split"].iter_rows())
        return found[kept], found[other]

    assert splits("without") == ("train", "test")
    for row in inputs.decisions:
        if row["conversation_id"] in (twin, other):
            row["split_group"] = sha("of the duplicate and another row")
    assert splits("with") == ("train", "train")


EVEN = release.Splits(train=0.4, validation=0.3, test=0.3)


@pytest.mark.parametrize(
    ("column", "what"), [("text_sha256", "texts"), ("cluster_id", "clusters"), ("split_group", "groups")]
)
def test_each_kind_of_leak_is_counted_in_the_rows_as_written_and_refused(column, what):
    apart = [b"1", b"2", b"3", b"4", b"5"]
    rows = {"split": ["train", "test", "test", "validation", "train"]}
    rows |= {"text_sha256": apart, "cluster_id": apart, "split_group": [b""] * 5}
    none = dict.fromkeys(("texts", "clusters", "groups"), 0)
    assert Facts(pl.DataFrame(rows)).straddling == none
    found = Facts(pl.DataFrame(rows | {column: [b"7", b"7", b"8", b"8", b"8"]})).straddling
    assert found == none | {what: 2}
    with pytest.raises(ContractError, match=f"2 {what} stand in more than one split"):
        ledger.refuse_leaks(found)


def test_a_row_without_a_decision_is_refused(tmp_path):
    inputs = full_inputs()
    del inputs.decisions[3]
    with pytest.raises(ContractError, match="1 clean records have no decision"):
        inputs.build(tmp_path / "out")
