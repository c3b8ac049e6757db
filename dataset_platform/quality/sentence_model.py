"""Which model gives the sentence vectors: the packaged one, or that of the folder DATASET_EMBEDDER."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dataset_platform.errors import InputError
from dataset_platform.quality import embedding
from dataset_platform.quality.embedding import MAX_TOKENS, TOKENS_PER_BATCH, Transformer
from dataset_platform.settings import load_settings

CALIBRATION = "dataset-platform"
_NEEDED = ("config.json", "model.safetensors", "tokenizer.json")
_POOLING, _SENTENCES = Path("1_Pooling", "config.json"), Path("sentence_bert_config.json")


@dataclass(frozen=True)
class SentenceModel:
    """A model, and the folder of what `qa calibrate` measured and fitted on its vectors."""

    name: str
    calibration: Path
    load: Callable[[], Transformer]

    def calibrated(self, name: str) -> Path:
        """A file of the calibration; InputError where this model has none yet."""
        path = self.calibration / name
        if not path.is_file():
            raise InputError(
                f"{path}: not there. Measure the validators on this sentence model first: "
                "`dataset-platform qa calibrate LABELS CONVERSATIONS`"
            )
        return path


def chosen() -> SentenceModel:
    """The model that DATASET_EMBEDDER names, else the packaged one; InputError where there is none."""
    return model_of(load_settings().embedder)


def model_of(folder: Path | None) -> SentenceModel:
    """The model of a folder, or the packaged one; InputError where there is none."""
    if folder is None:
        return SentenceModel(embedding.packaged_version(), Path(__file__).parent, embedding.packaged)
    return _of_folder(folder.expanduser().resolve())


@cache
def _of_folder(folder: Path) -> SentenceModel:
    if missing := [name for name in _NEEDED if not (folder / name).is_file()]:
        raise InputError(
            f"DATASET_EMBEDDER={folder}: no {', '.join(missing)} there. Name the folder of a sentence model "
            "in the layout of Hugging Face, with weights as safetensors."
        )
    digest = hashlib.sha256()
    for name in (*_NEEDED, _POOLING, _SENTENCES):
        if (path := folder / name).is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    name = f"{folder.name}-{digest.hexdigest()[:16]}"
    return SentenceModel(name, folder / CALIBRATION, cache(lambda: _loaded(folder, name)))


def _loaded(folder: Path, name: str) -> Transformer:
    # Imported here: transformers costs seconds.
    from transformers import AutoModel

    most_tokens = int(_json(folder / _SENTENCES).get("max_seq_length", MAX_TOKENS))
    pooling = _json(folder / _POOLING)
    first_token = bool(pooling.get("pooling_mode_cls_token", False))
    if pooling and not first_token and not pooling.get("pooling_mode_mean_tokens"):
        raise InputError(
            f"{folder / _POOLING}: pools neither the mean nor the first token, which is all we can"
        )
    model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    tokenizer = embedding.tokenizer_of(folder, min(most_tokens, TOKENS_PER_BATCH))
    return Transformer(name, embedding.placed(model), tokenizer, first_token)


def _json(path: Path) -> dict[str, Any]:
    """What a file of the model says; nothing where there is no such file."""
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_bytes()))
    except ValueError:
        raise InputError(f"{path}: not JSON; fetch the model again") from None
