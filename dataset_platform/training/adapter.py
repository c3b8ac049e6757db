"""Trained weights on disk: save them, load them with the base model, merge adapters into one model."""

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from peft.utils import CONFIG_NAME

from dataset_platform.errors import InputError, VerificationFailed
from dataset_platform.training.base_model import BaseModel, describe_base, load_model, load_tokenizer
from dataset_platform.training.checkpoint import MANIFEST_NAME, CheckpointManifest, verify_checkpoint
from dataset_platform.training.config import Method

MERGED_FROM = "merged_from.json"


def save_weights(
    model: Any,
    tokenizer: Any,
    base: BaseModel,
    folder: Path,
    gathered: Callable[[torch.Tensor], torch.Tensor],
    *,
    write: bool,
) -> None:
    """What trained, with the tokenizer, in `folder`: an adapter in peft's format, or a whole model.

    `gathered` gives a whole weight; every process takes part in that, and one of them is to `write`.
    The base model is named, not located: paths do not travel.
    """
    is_adapter = isinstance(model, PeftModel)
    weights = {
        name: gathered(weight)
        for name, weight in model.state_dict().items()
        if "lora_" in name or not is_adapter
    }
    if not write:
        return
    if is_adapter:
        model.save_pretrained(
            str(folder), state_dict=weights, safe_serialization=True, save_embedding_layers=False
        )
        (folder / "README.md").unlink(missing_ok=True)  # peft's empty card template
        _name_base(folder / CONFIG_NAME, base.name)
        model.generation_config.save_pretrained(folder)
    else:
        model.save_pretrained(folder, state_dict=weights, safe_serialization=True)
        _name_base(folder / "config.json", base.name, key="_name_or_path")
    tokenizer.save_pretrained(folder)


def load_checkpoint(folder: Path, base_model: Path, *, merged: bool = True) -> tuple[Any, Any]:
    """Model and tokenizer of a checkpoint, after every byte of it was verified.

    `merged` folds adapters into the weights, which makes it as fast as the base model. A model that was
    trained whole needs no base model. Raises VerificationFailed where a file differs or the base model is
    another one.
    """
    manifest = verify_checkpoint(folder).manifest
    tokenizer = load_tokenizer(folder)
    if manifest.config.method is Method.FULL:
        return load_model(folder), tokenizer
    _require_same_base(manifest, folder, base_model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft calls what transformers renames in v6
        model = PeftModel.from_pretrained(load_model(base_model), str(folder))
    return (model.merge_and_unload() if merged else model), tokenizer


def merge_checkpoint(folder: Path, base_model: Path, out: Path) -> Path:
    """A plain Hugging Face model in `out`, adapters folded in: loads without peft."""
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out}: not empty; name a new folder for the merged model")
    model, tokenizer = load_checkpoint(folder, base_model)
    model.save_pretrained(out, safe_serialization=True)
    tokenizer.save_pretrained(out)
    shutil.copy(folder / MANIFEST_NAME, out / MERGED_FROM)
    return out


def _require_same_base(manifest: CheckpointManifest, folder: Path, base_model: Path) -> None:
    base = describe_base(base_model)
    if base.sha256 != manifest.base_model.sha256:
        raise VerificationFailed(
            f"{folder}: trained on {manifest.base_model.name} ({manifest.base_model.sha256[:12]}), "
            f"but {base_model} is {base.name} ({base.sha256[:12]}). Pass the base model it was trained on"
        )


def _name_base(path: Path, name: str, key: str = "base_model_name_or_path") -> None:
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(config | {key: name}, indent=2, sort_keys=True), encoding="utf-8")
