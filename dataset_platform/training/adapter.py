"""LoRA through peft: put adapters on a model, save them, load them, merge them."""

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils import CONFIG_NAME

from dataset_platform.errors import InputError, TrainingFailed, VerificationFailed
from dataset_platform.training.base_model import BaseModel, describe_base, load_model, load_tokenizer
from dataset_platform.training.checkpoint import verify_checkpoint
from dataset_platform.training.config import LoraSettings


def add_adapter(model: Any, settings: LoraSettings) -> PeftModel:
    """The model with fresh adapters, the only weights that train. Draws from torch's generator."""
    targets = settings.targets
    lora = LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
    )
    try:
        return get_peft_model(model, lora)
    except ValueError as error:
        raise TrainingFailed(f"lora.targets {targets}: {str(error).splitlines()[0]}") from None


def save_adapter(model: PeftModel, tokenizer: Any, base: BaseModel, folder: Path) -> None:
    """Adapter and tokenizer in `folder`. The base model is named, not located: paths do not travel."""
    model.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)  # peft's empty card template
    tokenizer.save_pretrained(folder)
    path = folder / CONFIG_NAME
    config = json.loads(path.read_text(encoding="utf-8")) | {"base_model_name_or_path": base.name}
    path.write_text(json.dumps(config, indent=2, sort_keys=True), encoding="utf-8")


def load_checkpoint(folder: Path, base_model: Path, *, merged: bool = True) -> tuple[Any, Any]:
    """Model and tokenizer of a checkpoint, after every byte of it was verified.

    `merged` folds the adapters into the weights, which makes it as fast as the base model.
    Raises VerificationFailed where a file differs or the base model is another one.
    """
    manifest = verify_checkpoint(folder).manifest
    base = describe_base(base_model)
    if base.sha256 != manifest.base_model.sha256:
        raise VerificationFailed(
            f"{folder}: trained on {manifest.base_model.name} ({manifest.base_model.sha256[:12]}), "
            f"but {base_model} is {base.name} ({base.sha256[:12]}). Pass the base model it was trained on"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft calls what transformers renames in v6
        model = PeftModel.from_pretrained(load_model(base_model), str(folder))
    return (model.merge_and_unload() if merged else model), load_tokenizer(folder)


def merge_checkpoint(folder: Path, base_model: Path, out: Path) -> Path:
    """A plain Hugging Face model in `out`, adapters folded in: loads without peft."""
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out}: not empty; name a new folder for the merged model")
    model, tokenizer = load_checkpoint(folder, base_model)
    model.save_pretrained(out, safe_serialization=True)
    tokenizer.save_pretrained(out)
    shutil.copy(folder / "checkpoint_manifest.json", out / "merged_from.json")
    return out
