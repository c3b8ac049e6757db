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
        describe_base,
        find_base_model,
        load_model,
        load_tokenizer,
        prepare_base_model,
    )
    from dataset_platform.training.forecasting import Forecast, forecast
    from dataset_platform.training.plots import picture
    from dataset_platform.training.recording import StepReport
    from dataset_platform.training.run import Places, lines_to, train
    from dataset_platform.training.stored_task import StoredTask
    from dataset_platform.training.task import Task
    from dataset_platform.training.worker import error_told, raise_what_stopped, worker_command

_NEEDS_TORCH = {
    "Forecast": "forecasting",
    "Places": "run",
    "StepReport": "recording",
    "StoredTask": "stored_task",
    "Task": "task",
    "describe_base": "base_model",
    "error_told": "worker",
    "find_base_model": "base_model",
    "forecast": "forecasting",
    "lines_to": "run",
    "load_checkpoint": "adapter",
    "load_model": "base_model",
    "load_tokenizer": "base_model",
    "merge_checkpoint": "adapter",
    "picture": "plots",
    "prepare_base_model": "base_model",
    "raise_what_stopped": "worker",
    "train": "run",
    "worker_command": "worker",
}

__all__ = [
    "MANIFEST_NAME",
    "VERSION",
    "Checkpoint",
    "CheckpointManifest",
    "Encoded",
    "Forecast",
    "GateOverride",
    "LossPoint",
    "Places",
    "StepReport",
    "StoredTask",
    "Task",
    "TrainingConfig",
    "describe_base",
    "encode",
    "error_told",
    "find_base_model",
    "forecast",
    "lines_to",
    "load_checkpoint",
    "load_config",
    "load_model",
    "load_preset",
    "load_tokenizer",
    "merge_checkpoint",
    "picture",
    "prepare_base_model",
    "presets",
    "raise_what_stopped",
    "train",
    "verify_checkpoint",
    "worker_command",
]


def __getattr__(name: str) -> object:
    """Load the module behind a name on first use (PEP 562): torch takes seconds to import."""
    if name not in _NEEDS_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_NEEDS_TORCH[name]}")
    return getattr(module, name)
