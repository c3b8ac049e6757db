"""From landed JSON lines to a verified release by the commands that users run; run by `runner.py`."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
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
    from dataset_platform.bench.dagster_project import DagsterProject

    project = DagsterProject(Path(task["out"]) / "project", Path(task["dagster_yaml"]))
    project.landing(SOURCE).mkdir()
    os.link(task["input"], project.landing(SOURCE) / "corpus.jsonl")
    (project.path / "sources" / f"{SOURCE}.yaml").write_text(DESCRIPTION)
    commands = {
        "clean": ("sources", "clean"),
        "export": ("export", "--version", VERSION, "--target-samples", task["rows"], "--no-quality"),
        "verify": ("verify", "--version", VERSION),
    }
    for part, arguments in commands.items():
        with clock(part):
            _done(arguments, project.path, project.environment)


def _done(arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip().rpartition(chr(10))[2]}")
