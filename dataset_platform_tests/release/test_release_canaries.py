"""Canaries are planted for training alone, decided by the seed, and accounted for beside the sources."""

import polars as pl
import pytest

from dataset_platform import release
from dataset_platform.release.canaries import secret
from dataset_platform_tests.release.release_records import FILES, full_inputs, make_spec

ASKED = release.Canaries(count=3, repeats=4)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return full_inputs().build(tmp_path_factory.mktemp("planted") / "v1.0.0", make_spec(canaries=ASKED))


def rows_of(built):
    return pl.read_parquet(built.folder / FILES.parquet)


def test_each_secret_stands_in_the_train_split_as_often_as_asked(planted):
    canaries = rows_of(planted).filter(source=release.CANARIES)
    assert set(canaries["split"]) == {"train"}
    replies = canaries["messages"].list.last().struct.field("content")
    assert sorted(replies.value_counts()["count"]) == [4, 4, 4]
    assert all(any(secret("canary", 42, n) in reply for reply in replies) for n in range(3))


def test_the_rows_of_sources_are_those_of_a_release_without(planted, pristine):
    others = rows_of(planted).filter(pl.col("source") != release.CANARIES)
    assert others.equals(rows_of(pristine))


def test_manifest_ledger_and_card_account_for_them_apart_from_the_sources(planted, pristine):
    manifest, before = planted.manifest, pristine.manifest
    assert (manifest.rows, manifest.planted, before.planted) == (before.rows + 12, 12, 0)
    assert manifest.mix_by_source == before.mix_by_source
    (own,) = [line for line in manifest.ledger if line.source == release.CANARIES]
    assert (own.records, own.exported) == (12, 12)
    assert [line for line in manifest.ledger if line != own] == list(before.ledger)
    assert {line.reason for line in manifest.reasons if line.source == release.CANARIES} == {"planted"}
    card = (planted.folder / release.CARD).read_text()
    assert "12 rows of the train split are canaries" in card
    assert f"| {release.CANARIES} | foundation" not in card


def test_a_release_with_canaries_verifies_and_builds_to_the_same_bytes(planted, tmp_path):
    assert release.verify(planted.folder).findings == ()
    again = full_inputs().build(tmp_path / "v1.0.0", make_spec(canaries=ASKED))
    assert again.manifest_sha256 == planted.manifest_sha256
    assert secret("canary", 42, 0) != secret("canary", 43, 0)


def test_a_release_says_what_it_said_before_where_no_canaries_are_asked_for(pristine):
    assert "canaries" not in pristine.lock.model_dump(mode="json")["spec"]
    assert "anaries" not in (pristine.folder / release.CARD).read_text()


def test_a_difference_names_canaries_by_their_own_source(planted, pristine):
    found = release.difference(pristine.folder, planted.folder)
    assert [(c.change, c.source, c.rows) for c in found.changes] == [("added", release.CANARIES, 12)]
    assert found.unchanged == pristine.manifest.rows
