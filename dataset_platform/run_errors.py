"""What stopped a step of a run, as the platform's own error: one line without conversation text."""

import builtins
from typing import Any

from dataset_platform import errors

_TRACE_OF_A_WORKER = "_RemoteTraceback"  # what loky gives errors of its processes as their cause


def is_failed_check(error: Any) -> bool:
    """Whether a step failed because a blocking check of its asset did."""
    return error.cls_name == "DagsterAssetCheckFailedError"


def error_of(error: Any, run_id: str, step: str) -> errors.PlatformError:
    """The platform error at the root of a step's failure, or RunFailed.

    Messages of other errors may quote data, so only those of the operating system are repeated.
    """
    while error.cause and error.cause.cls_name != _TRACE_OF_A_WORKER:
        error = error.cause
    name = str(error.cls_name)
    if name in ("DagsterExecutionInterruptedError", "KeyboardInterrupt"):
        raise KeyboardInterrupt
    message = str(error.message).split(": ", 1)[-1].strip()
    known = getattr(errors, name, None)
    if known is errors.RunFailed:
        return errors.RunFailed(
            f"{step} stopped on {message}; run {run_id} has the trace: see it with `make ui`"
        )
    if isinstance(known, type) and issubclass(known, errors.PlatformError):
        return known(message)
    builtin = getattr(builtins, name, None)
    detail = f" ({message})" if isinstance(builtin, type) and issubclass(builtin, OSError) else ""
    return errors.RunFailed(
        f"{step} stopped on {name}{detail}; run {run_id} has the trace: see it with `make ui`"
    )
