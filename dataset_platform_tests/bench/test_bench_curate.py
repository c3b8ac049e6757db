"""`bench curate`, small: what is said of recall and of false removals follows from what was kept."""

import json
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_platform.bench import curating
from dataset_platform.bench.contestant import Failed
from dataset_platform.bench.curating_audit import scored
from dataset_platform.bench.damage import HARMLESS, ROWS, Harm, damaged
from dataset_platform.bench.planted import planted
from dataset_platform.bench.race import run_case
from dataset_platform_tests.bench.test_bench_sources import bench

PEERS = Path(__file__).resolve().parents[2] / "curators"
TRUTH = pl.DataFrame(
    [
        ("pair", "original", 1, 1.0),
        ("pair again", "near", 1, 0.8),
        ("three", "original", 2, 1.0),
        ("three again", "exact", 2, 1.0),
        ("three once more", "exact", 2, 1.0),
        ("alike", "original", 3, 1.0),
        ("alike, not enough", "near_miss", 3, 0.6),
        ("alone", "original", 4, 1.0),
        ("hm", "short", 5, 1.0),
    ],
    schema=["id", "kind", "family", "similarity"],
    orient="row",
)
RIGHT = ["pair", "three", "alike", "alike, not enough", "alone"]
EVERY = TRUTH["id"].to_list()


def test_removing_all_duplicates_but_one_and_nothing_else_is_right():
    for kept in (RIGHT, ["pair again", "three once more", *RIGHT[2:]]):
        assert scored(TRUTH, kept) == {
            "kept": 5,
            "recall": "1.0000",
            "near": "1.0000",
            "exact": "1.0000",
            "precision": "1.0000",
            "false": 0,
            "short kept": 0,
        }


def test_what_is_left_of_a_cluster_is_missed():
    facts = scored(TRUTH, [*RIGHT, "pair again", "three again", "hm"])
    assert (facts["recall"], facts["near"], facts["exact"]) == ("0.3333", "0.0000", "0.5000")
    assert (facts["false"], facts["short kept"]) == (0, 1)


@pytest.mark.parametrize("lost", ["alike", "alike, not enough", "alone", "pair"])
def test_a_removal_without_a_kept_twin_is_false(lost):
    facts = scored(TRUTH, [id_ for id_ in RIGHT if id_ != lost])
    assert facts["false"] == (2 if lost == "pair" else 1)
    assert float(facts["precision"]) == pytest.approx((4 - facts["false"]) / 4 if facts["false"] < 2 else 0.5)


@given(st.sets(st.sampled_from(EVERY)))
def test_scores_are_shares(kept):
    facts = scored(TRUTH, sorted(kept))
    assert 0 <= float(facts["recall"]) <= 1
    assert 0 <= float(facts["precision"] or 0) <= 1
    assert facts["false"] <= len(EVERY) - len(kept)


@pytest.mark.parametrize("harm", Harm)
def test_one_thing_is_wrong_in_a_damaged_file(harm, tmp_path):
    file = damaged(harm, tmp_path)
    assert len(file.good) == ROWS - (harm not in HARMLESS)
    intact = set()
    for line in file.path.read_bytes().split(b"\n"):
        try:
            record = json.loads(line)
            json.dumps(record, ensure_ascii=False).encode()
            intact.add(record["id"])
        except (ValueError, TypeError):
            continue
    assert intact == file.good


def test_ours_removes_what_was_planted_and_nothing_else(tmp_path):
    corpus = planted(300, tmp_path / "corpora")
    (ours, *_) = curating.contestants()
    facts = run_case(curating.case(ours, corpus), tmp_path / "work").facts
    assert (facts["exact"], facts["false"], facts["short kept"]) == ("1.0000", 0, 0)
    assert facts["kept"] == facts["JSONL rows"]


@pytest.mark.slow
def test_every_contestant_is_reported_on_the_corpus_and_on_each_damage(tmp_path):
    only = [argument for name in ("ours", "reading", "rensa") for argument in ("--only", name)]
    arguments = ("--rows", "300", "--rounds", "1", "--peers", str(tmp_path / "none"), "--json")
    done = bench(tmp_path, "bench", "curate", *arguments, *only)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    ours, limit, peer = found["figures"]
    assert (ours["facts"]["false"], limit["facts"]) == (0, {})
    assert peer["failure"] == "not installed: pip install rensa orjson pyarrow"
    assert ours["rows_per_s"]["median"] == pytest.approx(300 / ours["seconds"]["median"])
    (rows,) = found["tables"].values()
    assert [row["ours"] for row in rows] == [
        "200 of 200" if row["damage"] in HARMLESS else "199 of 199, 1 in quarantine" for row in rows
    ]


@pytest.mark.parametrize("name", ["rensa", "datasketch", *curating.FRAMEWORKS])
def test_a_peer_curates_the_same_file(name, tmp_path):
    (contestant,) = [each for each in curating.contestants(PEERS) if each.name == name]
    if contestant.python == Path(sys.executable):
        pytest.skip(f"no environment {PEERS / name}")
    corpus = planted(200, tmp_path / "corpora")
    facts = run_case(curating.case(contestant, corpus), tmp_path / "work").facts
    assert (facts["exact"], facts["short kept"]) == ("1.0000", 0)
    assert facts["kept"] == facts["JSONL rows"] > 150


def test_a_peer_without_its_environment_is_named_with_its_pip_line(tmp_path):
    (contestant,) = [each for each in curating.contestants(tmp_path) if each.name == "rensa"]
    corpus = planted(100, tmp_path / "corpora")
    with pytest.raises(Failed, match="not installed: pip install rensa orjson pyarrow"):
        run_case(curating.case(contestant, corpus), tmp_path / "work")
