"""Figures to TensorBoard, Weights & Biases and MLflow, each where it is installed and asked for.

Only figures and settings leave the machine: no text, no ids.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from dataset_platform.errors import InputError
from dataset_platform.training.config import Logger, TrainingConfig

PROJECT = "dataset-platform"
TENSORBOARD_FOLDER = "tensorboard"
PACKAGES = {Logger.TENSORBOARD: "tensorboard", Logger.WANDB: "wandb", Logger.MLFLOW: "mlflow"}


class Sink(Protocol):
    def log(self, step: int, figures: Mapping[str, float]) -> None: ...

    def close(self) -> None: ...


def open_sinks(config: TrainingConfig, run_name: str, folder: Path) -> list[Sink]:
    """A sink for each logger of the configuration; raises InputError for a package that is missing.

    TensorBoard writes below `folder`; the others go where their own environment variables say.
    """
    for logger in config.loggers:
        _require(logger)
    makers: dict[Logger, Callable[..., Sink]] = {
        Logger.TENSORBOARD: _TensorBoard,
        Logger.WANDB: _Wandb,
        Logger.MLFLOW: _Mlflow,
    }
    return [makers[logger](config, run_name, folder) for logger in config.loggers]


def _require(logger: Logger) -> None:
    try:
        import_module(PACKAGES[logger])
    except ImportError:
        raise InputError(
            f"loggers: {logger.value} is not installed: pip install {PACKAGES[logger]}, or leave it out with "
            "--set 'loggers=[]'"
        ) from None


class _TensorBoard:
    def __init__(self, config: TrainingConfig, run_name: str, folder: Path) -> None:
        del config
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(folder / TENSORBOARD_FOLDER / run_name)

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        self._writer.close()


class _Wandb:
    def __init__(self, config: TrainingConfig, run_name: str, folder: Path) -> None:
        wandb: Any = import_module("wandb")
        self._run = wandb.init(
            project=PROJECT, name=run_name, dir=str(folder), config=config.model_dump(mode="json")
        )

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        self._run.log(dict(figures), step=step)

    def close(self) -> None:
        self._run.finish()


class _Mlflow:
    def __init__(self, config: TrainingConfig, run_name: str, folder: Path) -> None:
        del folder
        self._mlflow: Any = import_module("mlflow")
        self._mlflow.set_experiment(PROJECT)
        self._mlflow.start_run(run_name=run_name)
        self._mlflow.log_params(config.model_dump(mode="json"))

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        self._mlflow.log_metrics(dict(figures), step=step)

    def close(self) -> None:
        self._mlflow.end_run()
