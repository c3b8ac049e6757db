"""Evaluation of a checkpoint on the held-out split, base model beside tuned model.

Importing this package is cheap: what needs torch or plots is loaded on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.report import (
    VERSION,
    EvalReport,
    Verdict,
    brief_summary,
    read_report,
    summary,
)

if TYPE_CHECKING:
    from dataset_platform.evaluation.render import write_report
    from dataset_platform.evaluation.run import evaluate

_LOADED_LATE = {"evaluate": "run", "write_report": "render"}

__all__ = [
    "VERSION",
    "EvalReport",
    "EvaluationConfig",
    "Verdict",
    "brief_summary",
    "evaluate",
    "read_report",
    "summary",
    "write_report",
]


def __getattr__(name: str) -> object:
    """Load the module behind a name on first use (PEP 562): torch takes seconds to import."""
    if name not in _LOADED_LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LOADED_LATE[name]}"), name)
