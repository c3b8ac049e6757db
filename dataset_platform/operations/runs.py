"""Runs that somebody waits for: a progress line while they last, and then what their checks found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import dagster as dg

from dataset_platform.errors import ContractError
from dataset_platform.launch import RunOutcome, launch
from dataset_platform.progress import Progress
from dataset_platform.run_records import recorded
from dataset_platform.storage.io_managers import Storage

JUDGED = (dg.AssetKey("qa_report"), dg.AssetKey("eval_report"))


@dataclass(frozen=True)
class Runs:
    """Everything runs on one Dagster instance and one storage."""

    instance: dg.DagsterInstance
    storage: Storage
    progress: Progress

    def run_partition(
        self,
        job: str,
        partitions: dg.DynamicPartitionsDefinition,
        key: str,
        title: str,
        assets: Sequence[str] | None = None,
        run_config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.instance.add_dynamic_partitions(str(partitions.name), [key])
        self.run(job, key, title, assets, run_config, tags)

    def run(
        self,
        job: str,
        partition: str | None,
        title: str,
        assets: Sequence[str] | None = None,
        run_config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        run_id = str(uuid4())
        with self.progress.task(title), recorded(self.instance, self.storage, run_id, self.progress):
            outcome = launch(
                self.instance, run_id, job, partition, self.progress.say, assets, run_config, tags
            )
            _refuse_broken_contracts(outcome)
        for warning in _warnings(outcome, partition):
            self.progress.note(f"warning: {warning}")


@dataclass(frozen=True)
class ByRuns:
    """What people ask for: done by runs, or beside them on the same storage."""

    runs: Runs

    @property
    def storage(self) -> Storage:
        return self.runs.storage


def _refuse_broken_contracts(outcome: RunOutcome) -> None:
    """ContractError for checks that failed. Gates are not among them: the reports tell of those."""
    failed = [
        check
        for check in outcome.failed_checks
        if check.asset_key not in JUDGED and check.severity is dg.AssetCheckSeverity.ERROR
    ]
    if failed:
        lines = [
            f"{check.asset_key.to_user_string()}, {check.check_name}: {check.description}" for check in failed
        ]
        raise ContractError("\n".join([f"{len(failed)} checks failed in run {outcome.run_id}:", *lines]))


def _warnings(outcome: RunOutcome, partition: str | None) -> list[str]:
    """What checks of the run found worth a look, with the partition; those of gates stand in the report."""
    return [
        f"{partition or check.asset_key.to_user_string()}: {check.description}"
        for check in outcome.failed_checks
        if check.asset_key not in JUDGED and check.severity is dg.AssetCheckSeverity.WARN
    ]
