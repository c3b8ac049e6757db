"""Vectors kept from one report to the next, so that a new version embeds its new turns only."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import daft
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset_platform.quality.embedding import Embedder
from dataset_platform.quality.kept_bytes import KeptBytes
from dataset_platform.quality.sentence_model import chosen
from dataset_platform.quality.spread_vectors import Spread
from dataset_platform.settings import load_settings


@dataclass(frozen=True)
class Kept:
    """An embedder whose vectors stay in a file, found by the SHA-256 of their text.

    One file holds vectors of one embedder, and no text.
    """

    path: Path
    fresh: Embedder

    def embed(self, texts: pa.Array) -> NDArray[np.float32]:
        """Unit vectors, shape (n, width): kept ones as they were; fresh ones are kept from now on."""
        distinct = texts.dictionary_encode()
        digests = [hashlib.sha256(text.encode()).digest() for text in distinct.dictionary.to_pylist()]
        width = self.fresh.embed(texts.slice(0, 0)).shape[1]
        vectors = np.empty((len(digests), width), np.float32)
        known = KeptBytes(self.path).recall(digests)
        is_new = np.array([digest not in known for digest in digests], bool)
        for place in np.flatnonzero(~is_new):
            vectors[place] = np.frombuffer(known[digests[place]], np.float32)
        if is_new.any():
            vectors[is_new] = self.fresh.embed(distinct.dictionary.filter(pa.array(is_new)))
            new = np.flatnonzero(is_new)
            KeptBytes(self.path).keep({digests[place]: vectors[place].tobytes() for place in new})
        return vectors[distinct.indices.to_numpy(zero_copy_only=False)]


def kept_in(folder: Path) -> Kept:
    """The chosen model, with its vectors kept in the folder, a file for each model and kind of arithmetic.

    Where the engine is a cluster, its workers compute them.
    """
    model = chosen().load()
    if daft.get_or_infer_runner_type() == "ray":
        width = int(model.model.config.hidden_size)
        return Kept(folder / f"{model.title}-ray.sqlite", Spread(load_settings().embedder, width))
    return Kept(folder / f"{model.name}.sqlite", model)
