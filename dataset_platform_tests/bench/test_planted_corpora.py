"""What is planted is true: every stated similarity is the one that the written texts have."""

import random
from itertools import combinations

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_platform.bench.planted import LEAST_CHARS, NEAR, NEAR_MISS, Kind, long_enough, planted
from dataset_platform.bench.similarity import altered, jaccard, shingles

ROWS = 600
GOLDEN = "6942ab4359bb"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return planted(ROWS, tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="module")
def said(corpus):
    records = (orjson.loads(line) for line in corpus.path.read_bytes().splitlines())
    return {record["id"]: [turn["content"] for turn in record["messages"]] for record in records}


@pytest.fixture(scope="module")
def truth(corpus):
    return pl.read_parquet(corpus.truth)


def test_the_same_specification_gives_the_same_bytes(corpus, tmp_path):
    assert planted(ROWS, tmp_path).sha256 == corpus.sha256
    assert corpus.sha256.startswith(GOLDEN), "other bytes: raise VERSION in planted.py, then renew GOLDEN"
    assert planted(ROWS, tmp_path, seed=2).sha256 != corpus.sha256


def test_every_row_has_its_truth(corpus, said, truth):
    assert truth["id"].to_list() == list(said)
    assert corpus.kinds == {kind.value: truth.filter(kind=kind.value).height for kind in Kind}
    assert sum(corpus.kinds.values()) == ROWS


def test_stated_similarities_are_those_of_the_texts(said, truth):
    originals = dict(truth.filter(kind=Kind.ORIGINAL.value).select("family", "id").iter_rows())
    altered_rows = truth.filter(
        pl.col("kind").is_in([Kind.NEAR.value, Kind.NEAR_MISS.value, Kind.EXACT.value])
    )
    assert altered_rows.height > 50
    for row in altered_rows.iter_rows(named=True):
        assert row["similarity"] == jaccard(said[row["id"]], said[originals[row["family"]]])
        low, high = {"near": NEAR, "near_miss": NEAR_MISS, "exact": (1.0, 1.0)}[row["kind"]]
        assert low <= row["similarity"] <= high


def test_rows_of_different_families_have_next_to_nothing_in_common(said, truth):
    families = {family: id_ for id_, family in truth.select("id", "family").iter_rows()}
    found = [shingles(said[id_]) for id_ in list(families.values())[:200]]
    assert max(len(a & b) / len(a | b) for a, b in combinations(found, 2)) < 0.1


def test_only_short_rows_are_short(said, truth):
    short = {id_ for id_, turns in said.items() if sum(map(len, turns)) < LEAST_CHARS}
    assert short == set(truth.filter(kind=Kind.SHORT.value)["id"]) != set()


@given(st.integers(0, 2**32), st.floats(0.2, 0.9))
def test_an_altered_text_is_as_similar_as_it_says(seed, low):
    rng = random.Random(seed)
    turns = long_enough(rng)
    changed, similarity = altered(turns, low, low + 0.1, rng)
    assert low <= similarity == jaccard(turns, changed) <= low + 0.1
    assert len(changed) == len(turns)


@given(
    st.lists(st.text("ab ,.", max_size=30), max_size=4), st.lists(st.text("ab ,.", max_size=30), max_size=4)
)
def test_similarity_is_symmetric_and_1_only_for_the_same_n_grams(left, right):
    assert jaccard(left, right) == jaccard(right, left)
    assert (jaccard(left, right) == 1) == (shingles(left) == shingles(right) != set())
