"""Runs one training task in a process of its own.

    python -m dataset_platform.training.worker task.json
    torchrun --nproc-per-node 8 -m dataset_platform.training.worker task.json

Started by Dagster it speaks to it through Pipes; else it writes lines to standard output. An expected error
is told as kind and message, through Pipes and in `task.error.json`, with exit status 1.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from dagster_pipes import DAGSTER_PIPES_CONTEXT_ENV_VAR, open_dagster_pipes
from pydantic import TypeAdapter

from dataset_platform import errors
from dataset_platform.training.config import TrainingConfig
from dataset_platform.training.stored_task import StoredTask
from dataset_platform.training.task import RANK, Task

ANY_TASK: TypeAdapter[Task | StoredTask] = TypeAdapter(Task | StoredTask)


def worker_command(config: TrainingConfig, path: Path, python: str = sys.executable) -> list[str]:
    """What runs the task that lies at `path`: one process for each device."""
    worker = ["-m", "dataset_platform.training.worker", str(path)]
    if config.devices == 1:
        return [python, *worker]
    processes = f"--nproc-per-node={config.devices}"
    return [python, "-m", "torch.distributed.run", "--standalone", processes, *worker]


def raise_what_stopped(path: Path) -> None:
    """Raises the error that the worker of this task left behind, if it left one."""
    left = path.with_suffix(".error.json")
    if left.is_file():
        raise error_told(json.loads(left.read_text(encoding="utf-8")))


def error_told(told: Mapping[str, str]) -> errors.PlatformError:
    """The error that a worker told."""
    error: errors.PlatformError = getattr(errors, told["kind"])(told["message"])
    return error


def main(arguments: Sequence[str]) -> int:
    path = Path(arguments[0])
    task = ANY_TASK.validate_json(path.read_bytes())
    with _log() as log:
        try:
            with errors.unquoted():
                task.run(log)
        except errors.PlatformError as error:  # here, as Pipes would quote what it was raised from
            told = {"kind": type(error).__name__, "message": str(error)}
            path.with_suffix(".error.json").write_text(json.dumps(told), encoding="utf-8")
            _tell(told)
            return 1
    return 0


@contextmanager
def _log() -> Iterator[Callable[[str], None]]:
    """The first process speaks for all of them."""
    if os.environ.get(RANK, "0") != "0":
        yield lambda _: None
    elif DAGSTER_PIPES_CONTEXT_ENV_VAR in os.environ:
        with open_dagster_pipes() as pipes:
            yield pipes.log.info
    else:
        yield lambda line: print(line, flush=True)


def _tell(told: Mapping[str, str]) -> None:
    """What stopped it may have happened in any process."""
    if DAGSTER_PIPES_CONTEXT_ENV_VAR in os.environ:
        open_dagster_pipes().report_custom_message(told)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
