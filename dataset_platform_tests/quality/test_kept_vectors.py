"""Vectors that are kept from one report to the next."""

import sqlite3
import threading

import numpy as np
import pyarrow as pa
import pytest

from dataset_platform.quality import kept_bytes
from dataset_platform.quality.kept_vectors import Kept
from dataset_platform_tests.quality.conftest import BagOfWords


class Counting:
    """Embeds by hashed words, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: pa.Array) -> np.ndarray:
        self.asked += texts.to_pylist()
        return BagOfWords().embed(texts)


TEXTS = [f"turn {number} of many" for number in range(600)]


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path / "vectors" / "model.sqlite", Counting())


def test_a_text_is_embedded_once_and_its_vector_stays_the_same(kept):
    first = kept.embed(pa.array([*TEXTS, TEXTS[5]]))
    again = Kept(kept.path, Counting())
    second = again.embed(pa.array(["a new one", *TEXTS]))
    assert sorted(kept.fresh.asked) == sorted(TEXTS)
    assert again.fresh.asked == ["a new one"]
    assert (second[1:] == first[:-1]).all()
    assert (first[-1] == first[5]).all()
    assert first[:-1] == pytest.approx(BagOfWords().embed(pa.array(TEXTS)))


def test_the_file_holds_no_text(kept):
    kept.embed(pa.array(["unmistakable phrase"]))
    assert b"unmistakable" not in kept.path.read_bytes()


def test_no_text_is_no_work(kept):
    assert kept.embed(pa.array([], pa.string())).shape == (0, 384)


def test_a_damaged_file_is_made_anew(kept):
    kept.path.parent.mkdir()
    kept.path.write_bytes(b"no database at all" * 100)
    kept.embed(pa.array(TEXTS))
    kept.embed(pa.array(TEXTS))
    assert len(kept.fresh.asked) == len(TEXTS)


def test_a_file_that_cannot_be_written_costs_no_report(tmp_path):
    (tmp_path / "file").touch()
    kept = Kept(tmp_path / "file" / "model.sqlite", Counting())
    assert kept.embed(pa.array(TEXTS)) == pytest.approx(BagOfWords().embed(pa.array(TEXTS)))


def test_a_file_over_its_limit_starts_anew(kept, monkeypatch):
    monkeypatch.setattr(kept_bytes, "MAX_BYTES", 1000)
    kept.embed(pa.array(TEXTS))
    assert not kept.path.exists()


def test_several_writers_keep_all_they_embedded(kept):
    parts = [TEXTS[start::4] for start in range(4)]
    threads = [threading.Thread(target=Kept(kept.path, Counting()).embed, args=(pa.array(p),)) for p in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sqlite3.connect(kept.path) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (len(TEXTS),)
