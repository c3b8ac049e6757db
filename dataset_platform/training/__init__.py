"""Fine-tuning: rows of a release in, a checkpoint out that can be traced, resumed and trusted.

Importing this package is cheap: what needs torch is loaded on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dataset_platform.training.checkpoint import (
    MANIFEST_NAME,
    Checkpoint,
    CheckpointManifest,
    GateOverride,
    LossPoint,
    verify_checkpoint,
)
from dataset_platform.training.config import TrainingConfig
from dataset_platform.training.configuring import load_config, load_preset, presets
from dataset_platform.training.encode import Encoded, encode
from dataset_platform.training.version import VERSION

if TYPE_CHECKING:
    from dataset_platform.training.adapter import load_checkpoint, merge_checkpoint
    from dataset_platform.training.base_model import (
        find_base_model,
        load_model,
        load_tokenizer,
        prepare_base_model,
    )
    from dataset_platform.training.run import Places, train

_NEEDS_TORCH = {
    "Places": "run",
    "find_base_model": "base_model",
    "load_checkpoint": "adapter",
    "merge_checkpoint": "adapter",
    "load_model": "base_model",
    "load_tokenizer": "base_model",
    "prepare_base_model": "base_model",
    "train": "run",
}

__all__ = [
    "MANIFEST_NAME",
    "VERSION",
    "Checkpoint",
    "CheckpointManifest",
    "Encoded",
    "GateOverride",
    "LossPoint",
    "Places",
    "TrainingConfig",
    "encode",
    "find_base_model",
    "load_checkpoint",
    "load_config",
    "load_model",
    "load_preset",
    "load_tokenizer",
    "merge_checkpoint",
    "prepare_base_model",
    "presets",
    "train",
    "verify_checkpoint",
]


def __getattr__(name: str) -> object:
    """Load the module behind a name on first use (PEP 562): torch takes seconds to import."""
    if name not in _NEEDS_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_NEEDS_TORCH[name]}"), name)
