"""Figures to TensorBoard, Weights & Biases and MLflow, each where it is installed and asked for.

Only figures and settings leave the machine: no text, no ids. A training that goes on after a kill goes on
in the same run of a tracker, and none stops because a tracker does.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from dataset_platform.errors import InputError
from dataset_platform.training.config import Logger, TrainingConfig

PROJECT = "dataset-platform"
TENSORBOARD_FOLDER = "tensorboard"
FINISHED = "FINISHED"
PACKAGES = {Logger.TENSORBOARD: "tensorboard", Logger.WANDB: "wandb", Logger.MLFLOW: "mlflow"}


REMEDIES = {
    Logger.TENSORBOARD: "let its folder be written",
    Logger.WANDB: "run `wandb login`, set WANDB_API_KEY or WANDB_MODE=offline",
    Logger.MLFLOW: "start the server at MLFLOW_TRACKING_URI",
}


class Sink(Protocol):
    def log(self, step: int, figures: Mapping[str, float]) -> None: ...

    def close(self, finished: bool) -> None:
        """A run that is not finished was stopped, and the same training may go on with it."""


def open_sinks(config: TrainingConfig, run_name: str, folder: Path, log: Callable[[str], None]) -> list[Sink]:
    """A sink for each logger of the configuration.

    TensorBoard writes below `folder`; the others go where their own environment variables say. `log` is told
    when one of them stops taking figures. Raises InputError where a package is missing or refuses to start.
    """
    for logger in config.loggers:
        _require(logger)
    return [_Patient(logger, _opened(logger, config, run_name, folder), log) for logger in config.loggers]


def _opened(logger: Logger, config: TrainingConfig, run_name: str, folder: Path) -> Sink:
    makers: dict[Logger, Callable[..., Sink]] = {
        Logger.TENSORBOARD: _TensorBoard,
        Logger.WANDB: _Wandb,
        Logger.MLFLOW: _Mlflow,
    }
    try:
        return makers[logger](config, run_name, folder)
    except Exception as error:
        # Its message may hold the address with a password in it.
        raise InputError(
            f"loggers: {logger.value} does not start ({type(error).__name__}): {REMEDIES[logger]}, or leave "
            "it out with --set 'loggers=[]'"
        ) from error


def _require(logger: Logger) -> None:
    try:
        import_module(PACKAGES[logger])
    except ImportError:
        raise InputError(
            f"loggers: {logger.value} is not installed: pip install {PACKAGES[logger]}, or leave it out with "
            "--set 'loggers=[]'"
        ) from None


class _Patient:
    """Passes figures on until the tracker fails once; the training and its CSV file go on without it."""

    def __init__(self, logger: Logger, sink: Sink, log: Callable[[str], None]) -> None:
        self._logger, self._sink, self._log = logger, sink, log
        self._fails = False

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        self._try(lambda: self._sink.log(step, figures), f"takes no figures from step {step} on")

    def close(self, finished: bool) -> None:
        self._try(lambda: self._sink.close(finished), "did not end its run")

    def _try(self, pass_on: Callable[[], None], otherwise: str) -> None:
        if self._fails:
            return
        try:
            pass_on()
        except Exception as error:
            self._fails = True
            self._log(f"{self._logger.value} {otherwise} ({type(error).__name__}); the CSV file has them all")


class _TensorBoard:
    def __init__(self, config: TrainingConfig, run_name: str, folder: Path) -> None:
        del config
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(folder / TENSORBOARD_FOLDER / run_name)

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)

    def close(self, finished: bool) -> None:
        del finished
        self._writer.close()


class _Wandb:
    def __init__(self, config: TrainingConfig, run_name: str, folder: Path) -> None:
        wandb: Any = import_module("wandb")
        self._run = wandb.init(
            project=PROJECT,
            name=run_name,
            id=run_name,
            resume="allow",
            dir=str(folder),
            config=config.model_dump(mode="json"),
        )

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        self._run.log(dict(figures), step=step)

    def close(self, finished: bool) -> None:
        self._run.finish(exit_code=0 if finished else 1)


class _Mlflow:
    def __init__(self, config: TrainingConfig, run_name: str, folder: Path) -> None:
        del folder
        self._mlflow: Any = import_module("mlflow")
        self._mlflow.set_experiment(PROJECT)
        self._mlflow.start_run(run_id=self._unfinished(run_name), run_name=run_name)
        self._mlflow.log_params(config.model_dump(mode="json"))

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        self._mlflow.log_metrics(dict(figures), step=step)

    def close(self, finished: bool) -> None:
        self._mlflow.end_run(FINISHED if finished else "KILLED")

    def _unfinished(self, run_name: str) -> str | None:
        """The newest run of that name that was stopped, as the same training goes on."""
        runs = self._mlflow.search_runs(
            experiment_names=[PROJECT],
            filter_string=f"attributes.run_name = '{run_name}'",
            order_by=["attributes.start_time DESC"],
            max_results=1,
            output_format="list",
        )
        return runs[0].info.run_id if runs and runs[0].info.status != FINISHED else None
