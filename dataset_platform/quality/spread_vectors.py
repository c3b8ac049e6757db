"""Sentence vectors computed by the workers of a cluster, where that is the engine."""

from dataclasses import dataclass
from pathlib import Path

import daft
import numpy as np
import pyarrow as pa
from daft import col
from numpy.typing import NDArray

from dataset_platform.quality.sentence_model import model_of

TEXTS_A_TASK = 1024


@dataclass(frozen=True)
class Spread:
    """An embedder whose texts go to whatever the engine computes with, a part of them at a time.

    A worker loads the model of `folder` (None: the packaged one) once, onto its GPU where it has one, and its
    vectors have the bits that a single machine of its kind gives.
    """

    folder: Path | None
    width: int

    def embed(self, texts: pa.Array) -> NDArray[np.float32]:
        """Unit vectors, shape (n, width). Identical texts are embedded once."""
        distinct = texts.dictionary_encode()
        n = len(distinct.dictionary)
        vectors = np.empty((n, self.width), np.float32)
        if not n:
            return vectors
        folder = self.folder

        @daft.func.batch(return_dtype=daft.DataType.binary(), batch_size=TEXTS_A_TASK)
        def embedded(text: daft.Series) -> pa.Array:
            said = text.to_arrow().cast(pa.large_string())
            return pa.array([vector.tobytes() for vector in model_of(folder).load().embed(said)], pa.binary())

        rows = daft.from_arrow(pa.table({"place": np.arange(n), "text": distinct.dictionary}))
        parts = rows.into_partitions(-(-n // TEXTS_A_TASK)).select(
            "place", embedded(col("text")).alias("vector")
        )
        for batch in parts.to_arrow_iter():
            of_batch = [np.frombuffer(vector, np.float32) for vector in batch["vector"].to_pylist()]
            vectors[batch["place"].to_numpy()] = np.reshape(of_batch, (-1, self.width))
        return vectors[distinct.indices.to_numpy(zero_copy_only=False)]
