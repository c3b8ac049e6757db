"""Starts Dagster runs from the command line, so that they show in the UI like any other."""

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from dataset_platform import errors
from dataset_platform.definitions import defs
from dataset_platform.run_errors import error_of, is_failed_check
from dataset_platform.run_launcher import LAUNCHED_ON
from dataset_platform.storage.patience import COMMAND_LINE, LAUNCHED_BY

UNCAPTURED = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}
"""What a command's steps print is on its terminal. Capturing it takes two processes a step, which answer
Ctrl-C with a traceback each."""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class RunOutcome:
    """A finished run: its id, and the checks that failed."""

    run_id: str
    failed_checks: tuple[dg.AssetCheckEvaluation, ...]


@contextmanager
def dagster_instance() -> Iterator[dg.DagsterInstance]:
    """The instance of DAGSTER_HOME, or of the folder that holds `dagster.yaml`."""
    if "DAGSTER_HOME" not in os.environ:
        if not Path("dagster.yaml").exists():
            raise errors.UsageError(
                "no Dagster instance: start the command in the project's folder, which holds dagster.yaml, "
                "or set DAGSTER_HOME to it"
            )
        os.environ["DAGSTER_HOME"] = str(Path.cwd())
    home = Path(os.environ["DAGSTER_HOME"])
    if not home.is_absolute() or not home.is_dir():
        raise errors.UsageError(f"DAGSTER_HOME={home} is not the absolute path of a folder")
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=UNCAPTURED)) as instance:
        yield instance


def launch(
    instance: dg.DagsterInstance,
    run_id: str,
    job: str,
    partition: str | None,
    on_message: Callable[[str], None],
    assets: Sequence[str] | None = None,
    run_config: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
) -> RunOutcome:
    """Runs a job, or only some of its assets, in this process and to its end, under a new run id.

    Raises the platform's own error when a step stopped on one, and RunFailed
    with the run id when it stopped on anything else. A failed check that is
    blocking stops the steps after it and is reported, not raised.
    """
    instance.add_event_listener(run_id, lambda entry: _forward(entry, on_message))
    result = defs.resolve_job_def(job).execute_in_process(
        run_config={**QUIET, **(run_config or {})},
        asset_selection=[dg.AssetKey(asset) for asset in assets] if assets else None,
        instance=instance,
        partition_key=partition,
        raise_on_error=False,
        run_id=run_id,
        tags={LAUNCHED_BY: COMMAND_LINE, LAUNCHED_ON: platform.node(), **(tags or {})},
    )
    for event in result.all_events:
        if event.is_step_failure and not is_failed_check(event.step_failure_data.error):
            raise error_of(event.step_failure_data.error, run_id, str(event.step_key))
    return RunOutcome(
        run_id=run_id,
        failed_checks=tuple(
            evaluation for evaluation in result.get_asset_check_evaluations() if not evaluation.passed
        ),
    )


def _forward(entry: dg.EventLogEntry, on_message: Callable[[str], None]) -> None:
    if entry.dagster_event is None or entry.dagster_event.is_step_start:
        on_message(entry.user_message if entry.dagster_event is None else str(entry.step_key))
