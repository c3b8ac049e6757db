"""Runs one training task in a process of its own.

    python -m dataset_platform.training.worker task.json
    torchrun --nproc-per-node 8 -m dataset_platform.training.worker task.json

Started by Dagster it speaks to it through Pipes; else it writes lines to standard output. An expected error
is left in `task.error.json` as kind and message, with exit status 1.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dagster_pipes import DAGSTER_PIPES_CONTEXT_ENV_VAR, open_dagster_pipes

from dataset_platform import errors
from dataset_platform.training.task import Task

RANK = "RANK"  # set by torchrun


def worker_command(task: Task, path: Path) -> list[str]:
    """What runs the task that lies at `path`: this Python, one process for each device."""
    worker = ["-m", "dataset_platform.training.worker", str(path)]
    if task.config.devices == 1:
        return [sys.executable, *worker]
    processes = f"--nproc-per-node={task.config.devices}"
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", processes, *worker]


def raise_what_stopped(path: Path) -> None:
    """Raises the error that the worker of this task left behind, if it left one."""
    left = path.with_suffix(".error.json")
    if left.is_file():
        told = json.loads(left.read_text(encoding="utf-8"))
        raise getattr(errors, told["kind"])(told["message"])


def main(arguments: Sequence[str]) -> int:
    path = Path(arguments[0])
    task = Task.model_validate_json(path.read_bytes())
    try:
        with _log() as log, errors.unquoted():
            task.run(log)
    except errors.PlatformError as error:
        told = {"kind": type(error).__name__, "message": str(error)}
        path.with_suffix(".error.json").write_text(json.dumps(told), encoding="utf-8")
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
