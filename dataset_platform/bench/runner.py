"""Runs one contestant in this process, and writes down what it took.

    python -P runner.py <script> <function> <task.json> <outcome.json>

It is run by its path and imports the standard library only, so that any Python 3.11 with the
contestant's packages will do.
"""

import importlib.util
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LONGEST_REASON = 240


class Clock:
    """Seconds of each part of the work, by name; a part that is entered again adds up."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.parts[part] = self.parts.get(part, 0.0) + time.perf_counter() - started


def outcome_of(script: Path, function: str, task: dict[str, Any]) -> dict[str, Any]:
    """`parts` and `versions` of a run that ended, else the name of a `missing` module or the `failure`."""
    clock = Clock()
    try:
        _function(script, function)(task, clock)
    except ModuleNotFoundError as error:
        return {"missing": str(error.name)}
    except Exception as error:
        return {"failure": one_line(f"{type(error).__name__}: {error}", task)}
    return {"parts": clock.parts}


def one_line(text: str, task: dict[str, Any]) -> str:
    """The text on one line of bounded length; files of the task are called by their names alone.

    Their folders go by themselves, as a library may cut a path short.
    """
    for path in sorted(map(str, task.values()), key=len, reverse=True):
        if os.sep in path:
            text = text.replace(path, Path(path).name).replace(f"{Path(path).parent}{os.sep}", "")
    return " ".join(text.split())[:LONGEST_REASON]


def _function(script: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(script.stem, script)
    if spec is None or spec.loader is None:
        raise ImportError(f"{script} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[script.stem] = module  # worker processes of a contestant look for it
    spec.loader.exec_module(module)
    return getattr(module, name)


def _versions(packages: list[str]) -> dict[str, str]:
    versions = {"python": sys.version.split()[0]}
    for package in packages:
        try:
            versions[package] = version(package.partition("[")[0])  # extras are none of its name
        except PackageNotFoundError:
            continue
    return versions


if __name__ == "__main__":
    script, function, task_file, outcome_file = sys.argv[1:]
    order = json.loads(Path(task_file).read_text())
    outcome = outcome_of(Path(script), function, order["task"])
    Path(outcome_file).write_text(json.dumps({**outcome, "versions": _versions(order["packages"])}))
    # Engines' threads may abort an interpreter that is taken down; the work is done and written.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
