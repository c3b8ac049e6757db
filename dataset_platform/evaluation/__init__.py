"""Evaluation of a checkpoint: better, safe and fast enough, and how sure that is.

Importing this package is cheap: what needs torch, models or plots is loaded on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.leaderboard import Standing, board_rows
from dataset_platform.evaluation.report import VERSION, EvalReport, read_report, replies_name
from dataset_platform.evaluation.summaries import gate_rows, summary
from dataset_platform.evaluation.vocabulary import GATE_TITLES, Decision, Gate, Model, Outcome, Verdict

if TYPE_CHECKING:
    from dataset_platform.evaluation.plots import board
    from dataset_platform.evaluation.rendering import write_report
    from dataset_platform.evaluation.run import Previous, evaluate, write_tasks

_LOADED_LATE = {
    "Previous": "run",
    "board": "plots",
    "evaluate": "run",
    "write_report": "rendering",
    "write_tasks": "run",
}

__all__ = [
    "GATE_TITLES",
    "VERSION",
    "Decision",
    "EvalReport",
    "EvaluationConfig",
    "Gate",
    "Model",
    "Outcome",
    "Previous",
    "Standing",
    "Verdict",
    "board",
    "board_rows",
    "evaluate",
    "gate_rows",
    "read_report",
    "replies_name",
    "summary",
    "write_report",
    "write_tasks",
]


def __getattr__(name: str) -> object:
    """Load the module behind a name on first use (PEP 562): torch takes seconds to import."""
    if name not in _LOADED_LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LOADED_LATE[name]}"), name)
