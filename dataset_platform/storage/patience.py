"""Steps that met a store or an origin which does not answer are tried again, later and later."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster._core.execution.context.system import StepExecutionContext

from dataset_platform.errors import FetchFailed, StorageError

MAX_RETRIES = 3
FIRST_WAIT_S = 30.0
LAUNCHED_BY = "launched_by"
COMMAND_LINE = "dataset-platform"


@contextmanager
def patient(context: dg.AssetExecutionContext | dg.InputContext | dg.OutputContext) -> Iterator[None]:
    """Asks Dagster to try the step again after 30, 60 and 120 s when storage or an origin gives no answer.

    Requests are repeated for DATASET_STORAGE_RETRY_S before that, so these are outages of minutes. Nothing
    else is tried again: a wrong description is as wrong a minute later. Neither is a step of a command, whose
    caller sees the error at once and repeats it.
    """
    try:
        yield
    except (StorageError, FetchFailed) as error:
        step = _step_of(context)
        if step.dagster_run.tags.get(LAUNCHED_BY) == COMMAND_LINE:
            raise
        raise dg.RetryRequested(MAX_RETRIES, FIRST_WAIT_S * 2**step.previous_attempt_count) from error


def _step_of(
    context: dg.AssetExecutionContext | dg.InputContext | dg.OutputContext,
) -> StepExecutionContext:
    if isinstance(context, dg.AssetExecutionContext):
        return context.get_step_execution_context()
    return context.step_context
