"""From landed JSON lines to a verified release by the commands that users run; run by `runner.py`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

Task = dict[str, str]
Clock = Callable[[str], AbstractContextManager[None]]

SOURCE, VERSION = "corpus", "1.0.0"
COMMAND = "from dataset_platform.cli import run; run()"
DESCRIPTION = f"""\
name: {SOURCE}
description: A benchmark corpus.
files: ['*.jsonl']
reader: jsonl
turns:
  - {{shape: list, at: messages, role: role, content: content}}
roles: {{user: user, assistant: assistant}}
stage: foundation
license: CC0-1.0
language: en
filters: {{min_turns: null, min_chars: 200, max_chars: 40000, max_repetition: null, min_quality: null}}
"""


def ours(task: Task, clock: Clock) -> None:
    """Cleans `task["input"]`, the only source of a new project, and releases all that is fit."""
    project = Path(task["out"]) / "project"
    landing = project / "data/raw" / SOURCE
    for folder in (landing, project / "sources"):
        folder.mkdir(parents=True)
    os.link(task["input"], landing / "corpus.jsonl")
    (project / "sources" / f"{SOURCE}.yaml").write_text(DESCRIPTION)
    shutil.copy(task["dagster_yaml"], project)
    all_of_it = ("export", "--version", VERSION, "--target-samples", task["rows"], "--no-quality")
    commands = {
        "clean": ("sources", "clean"),
        "export": all_of_it,
        "verify": ("verify", "--version", VERSION),
    }
    for part, arguments in commands.items():
        with clock(part):
            _done(project, arguments)


def _done(project: Path, arguments: tuple[str, ...]) -> None:
    own = {name: value for name, value in os.environ.items() if not _points_elsewhere(name)}
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=project, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip().rpartition(chr(10))[2]}")


def _points_elsewhere(variable: str) -> bool:
    """Whether a variable of the environment would take the commands to another project."""
    return variable == "DAGSTER_HOME" or (variable.startswith("DATASET_") and "CACHE" not in variable)
