"""Exact and near duplicates: planted ones are found, others never, in any order of input."""

import itertools
import random

import daft
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dataset_platform import curate
from dataset_platform.curate import candidates, measuring
from dataset_platform.errors import ContractError
from dataset_platform.schemas import CLUSTERS
from dataset_platform_tests.curate.conversations import (
    clean_frame,
    clean_record,
    clusters_of,
    decisions_on,
)

KEY = ("origin_file", "origin_position")


def words(rng: random.Random, count: int) -> str:
    return " ".join(f"w{rng.randrange(5000)}" for _ in range(count))


def turns(*contents: str) -> list[tuple[str, str]]:
    return [("user" if place % 2 == 0 else "assistant", content) for place, content in enumerate(contents)]


def true_jaccard(first: str, second: str, n: int = 5) -> float:
    def grams(text: str) -> set[tuple[str, ...]]:
        split = text.split()
        return {tuple(split[at : at + n]) for at in range(max(len(split) - n + 1, 1))}

    one, two = grams(first), grams(second)
    return len(one & two) / len(one | two)


@pytest.fixture(scope="module")
def planted() -> tuple[list[dict], dict[int, int]]:
    """1,200 conversations; 100 exact and 100 near copies, each with the position of its original."""
    rng = random.Random(7)
    texts = [(words(rng, 60), words(rng, 60)) for _ in range(1000)]
    records = [clean_record(turns(*text), position) for position, text in enumerate(texts)]
    origin = {}
    for place in range(200):
        first, second = texts[place]
        copied = second.split()
        if place % 2:
            copied[rng.randrange(60)] = "changed"
        position = 1000 + place
        records.append(clean_record(turns(first, " ".join(copied)), position))
        origin[position] = place
    return records, origin


def test_planted_duplicates_are_found_and_nothing_else(planted) -> None:
    records, origin = planted
    rows = clusters_of(records).to_pylist()
    cluster = {row["origin_position"]: row["cluster_id"] for row in rows}
    assert set(cluster) == set(origin) | set(origin.values())
    assert all(cluster[copy] == cluster[original] for copy, original in origin.items())
    assert len(set(cluster.values())) == 200
    matches = [row["match"] for row in rows]
    assert (matches.count("kept"), matches.count("exact"), matches.count("near")) == (200, 100, 100)


def test_rows_keep_the_contract_and_their_order(planted) -> None:
    records, _ = planted
    table = clusters_of(records)
    assert table.schema.names == CLUSTERS.names
    assert CLUSTERS.violations(table.to_batches()) == []
    order = [
        (row["cluster_id"], row["match"] != "kept", row["conversation_id"], *(row[name] for name in KEY))
        for row in table.to_pylist()
    ]
    assert order == sorted(order)


def test_similarity_is_the_true_jaccard_to_the_kept_member(planted) -> None:
    records, _ = planted
    text = {r["conversation_id"]: " ".join(t["content"] for t in r["messages"]) for r in records}
    near = [row for row in clusters_of(records).to_pylist() if row["match"] == "near"]
    assert near
    for row in near:
        expected = true_jaccard(text[row["conversation_id"]], text[row["duplicate_of"]])
        assert row["similarity"] == pytest.approx(expected)


@pytest.mark.parametrize("files", [1, 3])
def test_result_does_not_depend_on_the_order_or_the_files_of_the_input(planted, tmp_path, files: int) -> None:
    records, _ = planted
    shuffled = random.Random(files).sample(records, len(records))
    for part in range(files):
        table = clean_frame(shuffled[part::files]).to_arrow()
        pq.write_table(table, tmp_path / f"{part}.parquet", row_group_size=100)
    stored = daft.read_parquet(str(tmp_path / "*.parquet"))
    assert clusters_of(records, clean=stored).equals(clusters_of(records))


def test_later_stage_is_kept_then_smaller_id_then_origin() -> None:
    said = turns("the very same words " * 5, "and the same reply")
    records = [
        clean_record(said, 0, conversation_id="a" * 64),
        clean_record(said, 1, conversation_id="c" * 64, stage="edge_case"),
        clean_record(said, 2, conversation_id="b" * 64, stage="edge_case"),
        clean_record(said, 3, conversation_id="b" * 64, stage="edge_case"),
    ]
    rows = clusters_of(records).to_pylist()
    assert [(row["origin_position"], row["match"]) for row in rows] == [
        (2, "kept"), (0, "exact"), (3, "exact"), (1, "exact"),
    ]  # fmt: skip
    assert {row["cluster_id"] for row in rows} == {"a" * 64}
    assert [row["duplicate_of"] for row in rows] == [None, "b" * 64, "b" * 64, "b" * 64]


def test_higher_quality_is_kept_within_a_stage_and_never_against_it() -> None:
    said = turns("the very same words " * 5, "and the same reply")
    records = [
        clean_record(said, 0, conversation_id="a" * 64, quality=0.5),
        clean_record(said, 1, conversation_id="b" * 64, quality=0.9),
        clean_record(said, 2, conversation_id="c" * 64, quality=0.9),
    ]
    assert [row["origin_position"] for row in clusters_of(records).to_pylist()] == [1, 0, 2]
    records.append(clean_record(said, 3, conversation_id="d" * 64, quality=0.3, stage="voice_persona"))
    assert clusters_of(records).to_pylist()[0]["origin_position"] == 3


def test_candidates_below_the_threshold_are_not_linked() -> None:
    rng = random.Random(3)
    half, other, third = words(rng, 50), words(rng, 50), words(rng, 50)
    records = [clean_record(turns(half, other), 0), clean_record(turns(half, third), 1)]
    large = curate.Signing(sketch_hashes=40)
    for threshold, members in ((0.3, 2), (0.35, 0)):
        deduplication = curate.Deduplication(threshold=threshold, signing=large)
        assert clusters_of(records, deduplication).num_rows == members


def test_chains_make_one_cluster_though_its_ends_differ() -> None:
    rng = random.Random(5)
    line = words(rng, 140).split()
    views = [" ".join(line[at : at + 100]) for at in (0, 10, 20)]
    records = [clean_record(turns(view, "yes"), place) for place, view in enumerate(views)]
    rows = clusters_of(records).to_pylist()
    assert len(rows) == 3
    assert len({row["cluster_id"] for row in rows}) == 1
    ends = true_jaccard(f"{views[0]} yes", f"{views[2]} yes")
    assert ends < 0.7
    kept = next(row["conversation_id"] for row in rows if row["match"] == "kept")
    middle = records[1]["conversation_id"]
    for row in rows:
        to_kept, to_matched = row["similarity"], row["matched_similarity"]
        assert to_matched >= 0.7
        assert (row["matched_id"] == row["duplicate_of"]) == (to_kept == to_matched)
    if kept != middle:
        (end,) = [row for row in rows if row["similarity"] == pytest.approx(ends)]
        assert end["matched_id"] == middle


def test_dropped_rows_and_texts_without_words_take_no_part() -> None:
    records = [
        clean_record(turns("same words here", "ok"), 0, n_user_turns=0),
        clean_record(turns("same words here", "ok"), 1),
        clean_record(turns("…", "!"), 2),
        clean_record(turns("?", "…"), 3),
    ]
    assert clusters_of(records).to_pylist() == []


def test_same_words_under_other_roles_are_near_not_exact() -> None:
    text = "one two three four five six seven"
    records = [
        clean_record([("user", text), ("assistant", "fine")], 0),
        clean_record([("assistant", text), ("user", "fine")], 1),
    ]
    rows = clusters_of(records).to_pylist()
    assert [(row["match"], row["similarity"]) for row in rows] == [("kept", 1.0), ("near", 1.0)]


def test_crowded_bucket_still_becomes_one_cluster() -> None:
    text = words(random.Random(9), 120)
    records = [clean_record(turns(f"{text} x{place}", "yes"), place) for place in range(150)]
    rows = clusters_of(records).to_pylist()
    assert len(rows) == 150
    assert len({row["cluster_id"] for row in rows}) == 1


def test_two_rows_of_one_origin_are_refused() -> None:
    text = words(random.Random(9), 120)
    records = [clean_record(turns(f"{text} x{place}", "yes"), 0) for place in range(2)]
    with pytest.raises(ContractError, match="origin_file, origin_position"):
        clusters_of(records)


EDITS = st.lists(st.tuples(st.integers(0, 59), st.integers(0, 3)), max_size=6)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 2), EDITS), min_size=2, max_size=14), st.randoms())
def test_clusters_are_those_of_comparing_every_pair_in_any_order(copies, order) -> None:
    """Texts are made of three originals by changing words; the clusters come from comparing all pairs."""
    texts = []
    for original, edits in copies:
        text = words(random.Random(original), 60).split()
        for place, word in edits:
            text[place] = f"changed{word}"
        texts.append(" ".join(text))
    records = [clean_record(turns(text, "yes"), place) for place, text in enumerate(texts)]
    shuffled = order.sample(records, len(records))
    rows = clusters_of(shuffled).to_pylist()

    cluster = list(range(len(texts)))
    for one, other in itertools.combinations(range(len(texts)), 2):
        if true_jaccard(f"{texts[one]} yes", f"{texts[other]} yes") >= 0.7:
            joined = {cluster[one], cluster[other]}
            cluster = [min(joined) if number in joined else number for number in cluster]
    expected = {frozenset(at for at, of in enumerate(cluster) if of == number) for number in cluster}
    found: dict[str, set[int]] = {}
    for row in rows:
        found.setdefault(row["cluster_id"], set()).add(row["origin_position"])
    assert {frozenset(members) for members in found.values()} == {
        members for members in expected if len(members) > 1
    }


def test_sources_signed_apart_give_the_clusters_of_sources_signed_together(planted, tmp_path) -> None:
    records, _ = planted
    halves = [records[:900], records[900:]]
    apart = [curate.sign(clean_frame(half)).collect() for half in halves]
    found = curate.find_duplicates(
        apart[1].concat(apart[0]), clean_frame(records), decisions_on(records), tmp_path
    )
    assert pa.concat_tables(found).equals(clusters_of(records))
    assert list(tmp_path.iterdir()) == []


def test_a_row_without_a_signature_is_an_error(planted, tmp_path) -> None:
    records, _ = planted
    signatures = curate.sign(clean_frame(records[1:]))
    with pytest.raises(ContractError, match="1 rows that are fit have none"):
        curate.find_duplicates(signatures, clean_frame(records), decisions_on(records), tmp_path)


def test_few_hashes_at_a_time_give_the_same_clusters(planted, monkeypatch) -> None:
    records, _ = planted
    whole = clusters_of(records)
    monkeypatch.setattr(candidates, "HASHES_AT_ONCE", 1000)
    monkeypatch.setattr(measuring, "SHINGLES_AT_ONCE", 1000)
    assert clusters_of(records).equals(whole)


def test_nothing_in_gives_an_empty_table_with_the_contract_columns() -> None:
    table = clusters_of([])
    assert table.num_rows == 0
    assert table.schema.names == CLUSTERS.names


def test_a_sketch_too_small_for_the_threshold_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"threshold of 0\.3 needs 33 hashes a sketch, found 16"):
        curate.Deduplication(threshold=0.3)
