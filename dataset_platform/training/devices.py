"""Where a model computes, through Lightning Fabric: one CPU or GPU, or several that share its weights."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from lightning.fabric import Fabric
from lightning.fabric.strategies import ModelParallelStrategy
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor

from dataset_platform.errors import InputError
from dataset_platform.training.config import Precision, TrainingConfig

PRECISIONS = {Precision.FP32: "32-true", Precision.BF16: "bf16-mixed"}
RANKS = "WORLD_SIZE"  # set by torchrun in each process that it starts


def fabric_for(config: TrainingConfig) -> Fabric:
    """Fabric on the configured devices; raises InputError where they are not there.

    Several devices want as many processes, which `torchrun` starts.
    """
    if config.accelerator == "auto" and config.devices > max(1, torch.cuda.device_count()):
        raise InputError(
            f"devices: {config.devices}, but this machine has {torch.cuda.device_count()} GPUs; "
            f"pass --set devices={max(1, torch.cuda.device_count())}"
        )
    with quiet_lightning():
        fabric = Fabric(
            accelerator=config.accelerator,
            devices=config.devices,
            precision=PRECISIONS[config.precision],  # type: ignore[arg-type]
            strategy=_sharded(config) if config.devices > 1 else "auto",
        )
        if config.devices > 1:
            if int(os.environ.get(RANKS, "1")) != config.devices:
                raise InputError(
                    f"{config.devices} devices need {config.devices} processes, started by torchrun"
                )
            fabric.launch()
    return fabric


def own_part(tensor: torch.Tensor) -> torch.Tensor:
    """What of a weight lies in this process."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def like(whole: torch.Tensor, part: torch.Tensor) -> torch.Tensor:
    """This process's part, distributed as `whole` is."""
    if not isinstance(whole, DTensor):
        return part
    return DTensor.from_local(
        part, whole.device_mesh, whole.placements, shape=whole.shape, stride=whole.stride()
    )


def gathered(tensor: torch.Tensor) -> torch.Tensor:
    """The whole weight on the CPU; every process must ask for it."""
    whole = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    return whole.detach().cpu()


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Lightning advertises itself on every run; warnings stay, but for those that do not apply."""
    loggers = [logging.getLogger(name) for name in ("lightning.fabric", "lightning.pytorch")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*available but not used.*")  # the configuration says so
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _sharded(config: TrainingConfig) -> ModelParallelStrategy:
    """FSDP2: each layer's weights are gathered when they are needed, and the rest of the time in parts."""
    policy = MixedPrecisionPolicy(
        param_dtype=torch.bfloat16 if config.precision is Precision.BF16 else None,
        reduce_dtype=torch.float32,
    )

    def shard(model: Any, mesh: DeviceMesh) -> Any:
        names = set(model._no_split_modules or ())
        for module in model.modules():
            if type(module).__name__ in names:
                fully_shard(module, mesh=mesh["data_parallel"], mp_policy=policy)
        fully_shard(model, mesh=mesh["data_parallel"], mp_policy=policy)
        return model

    return ModelParallelStrategy(shard, data_parallel_size=config.devices, tensor_parallel_size=1)
