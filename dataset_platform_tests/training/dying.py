"""Trains as a process of its own and kills itself, as `kill -9` would, right after a step.

    python dying.py <task.json>

The task has the arguments of `train`, and `die_after`: the step that is the last thing it does.
"""

import json
import os
import signal
import sys
from pathlib import Path

from dataset_platform.training import Places, TrainingConfig, train


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text())

    def die(report):
        if report.step == task["die_after"]:
            os.kill(os.getpid(), signal.SIGKILL)

    train(
        Path(task["rows"]),
        task["manifest_sha256"],
        "1.0.0",
        TrainingConfig.model_validate(task["config"]),
        Path(task["base_model"]),
        Path(task["out"]),
        print,
        die,
        Places(states=Path(task["states"])),
    )


if __name__ == "__main__":
    main()
