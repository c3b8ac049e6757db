"""The contracts, the accounts and the gates, as blocking asset checks."""

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from dataset_platform import curate, evaluation, quality, release
from dataset_platform.assets.dataset_export import exported_rows
from dataset_platform.assets.freshness import ages_of_sources
from dataset_platform.assets.landing_area import landing_area
from dataset_platform.assets.partitions import ALL_SOURCES, SOURCES, VERSIONS
from dataset_platform.errors import unquoted
from dataset_platform.schemas import (
    CLEAN,
    CLUSTERS,
    DECISIONS,
    FILES,
    HELDOUT_OVERLAP,
    PASTED,
    QUARANTINE,
    RAW,
    RELEASE,
    SIGNATURES,
    WITHDRAWN,
    Contract,
    Violation,
)
from dataset_platform.storage.contracts import broken_rules
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.presentation import table
from dataset_platform.storage.tables import Table
from dataset_platform.storage.work import Folder

# Partitioned checks are a preview of Dagster; a test holds that each reads its own partition.
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

CONTRACT = "Every row keeps the contract of the table: types, nulls, closed lists, ids, unique keys, turns."


def contract_result(violations: Sequence[Violation], contract: Contract, rows: int) -> dg.AssetCheckResult:
    """Passed without violations; else a table of column, rule, count and up to five ids."""
    return dg.AssetCheckResult(
        passed=not violations,
        description=(
            f"{rows:,} rows keep the contract of {contract.name}"
            if not violations
            else f"rules of {contract.name} that are broken: {len(violations)}"
        ),
        metadata={
            "rows": rows,
            "rules": sum(len(column.rules) + 1 for column in contract.columns),
            "violations": table(
                [
                    {"column": v.column, "rule": v.rule, "rows": v.count, "examples": ", ".join(v.examples)}
                    for v in violations
                ]
            ),
        },
    )


def intake_result(intake: curate.Intake) -> dg.AssetCheckResult:
    """Whether a share of a source is as small as expected; a warning, as the rest is as good as ever."""
    return dg.AssetCheckResult(
        passed=intake.passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=str(intake),
        metadata={"share": intake.share, "reasons": table(intake.reasons)},
    )


def contract_check(
    contract: Contract, partitions: dg.DynamicPartitionsDefinition | None = None
) -> dg.AssetChecksDefinition:
    """The check that holds a stored table against its contract, which has the asset's name."""

    @dg.asset_check(
        asset=contract.name, name="contract", blocking=True, partitions_def=partitions, description=CONTRACT
    )
    def check(stored: Table) -> dg.AssetCheckResult:
        with unquoted():
            return contract_result(broken_rules(stored.frame, contract), contract, stored.rows)

    return check


@dg.asset_check(
    asset="dataset_export", name="contract", blocking=True, partitions_def=VERSIONS, description=CONTRACT
)
def export_contract(
    context: dg.AssetCheckExecutionContext, storage: Storage, dataset_export: Folder
) -> dg.AssetCheckResult:
    rows = exported_rows(storage, dataset_export, context.partition_key)
    with unquoted():
        return contract_result(broken_rules(rows, RELEASE), RELEASE, rows.count_rows())


@dg.asset_check(
    asset="duplicate_clusters",
    name="accounts_close",
    blocking=True,
    description=(
        "Every input record ended in exactly one place: quarantined, withdrawn, filtered, a duplicate, or "
        "available."
    ),
    additional_ins={
        name: dg.AssetIn(name, partition_mapping=ALL_SOURCES)
        for name in ("raw_conversations", "quarantine", "clean_conversations", "filter_decisions")
    }
    | {"withdrawn_conversations": dg.AssetIn("withdrawn_conversations")},
)
def accounts_close(
    duplicate_clusters: Table,
    raw_conversations: Table,
    quarantine: Table,
    clean_conversations: Table,
    filter_decisions: Table,
    withdrawn_conversations: Table,
) -> dg.AssetCheckResult:
    with unquoted():
        accounts = curate.account(
            raw_conversations.frame,
            quarantine.frame,
            clean_conversations.frame,
            filter_decisions.frame,
            withdrawn_conversations.frame,
            duplicate_clusters.frame,
        )
    return dg.AssetCheckResult(
        passed=not accounts.findings,
        description=(
            f"{'; '.join(accounts.findings)}; clean those sources again: `dataset-platform sources clean`"
            if accounts.findings
            else "every record is in exactly one place"
        ),
        metadata={"accounts": table(accounts.rows())},
    )


@dg.asset_check(
    asset=FILES.name,
    name="mostly_read",
    partitions_def=SOURCES,
    description="At most 5 % of the source's records could not be read; more is a file of another shape.",
)
def mostly_read(source_files: Table) -> dg.AssetCheckResult:
    with unquoted():
        return intake_result(curate.judged_reading(source_files.frame))


@dg.asset_check(
    asset=DECISIONS.name,
    name="mostly_fit",
    partitions_def=SOURCES,
    description="At most 20 % of the source's rows are fit for no release; more is a limit that is wrong.",
)
def mostly_fit(filter_decisions: Table) -> dg.AssetCheckResult:
    with unquoted():
        return intake_result(curate.judged_decisions(filter_decisions.frame))


@dg.asset_check(
    asset=DECISIONS.name,
    name="reviewed",
    partitions_def=SOURCES,
    description="No flag of the source waits for a reviewer.",
)
def reviewed(filter_decisions: Table) -> dg.AssetCheckResult:
    with unquoted():
        waiting = curate.unresolved_counts(filter_decisions.frame)
        rows = curate.unresolved_count(filter_decisions.frame)
    return dg.AssetCheckResult(
        passed=not rows,
        severity=dg.AssetCheckSeverity.WARN,
        description=(
            f"{rows:,} rows wait for a reviewer: `dataset-platform reviews list`" if rows else "nothing waits"
        ),
        metadata={"rows": rows, "waiting": table(waiting)},
    )


@dg.asset_check(
    asset=landing_area.key,
    name="fresh",
    blocking=True,  # so that a run that finds a source too old fails, which is told
    description="Every source has had a new file within its `fresh_for_days`, and was read since.",
)
def fresh(context: dg.AssetCheckExecutionContext, storage: Storage) -> dg.AssetCheckResult:
    known = context.instance.get_dynamic_partitions(str(SOURCES.name))
    ages = ages_of_sources(storage, known, datetime.now(UTC))
    late = [age for age in ages if age.problem]
    return dg.AssetCheckResult(
        passed=not late,
        description="; ".join(age.problem for age in late) or f"{len(ages)} sources are fresh",
        metadata={"sources": table([age.row() for age in ages])},
    )


def gate_check(gate: str) -> dg.AssetChecksDefinition:
    """The asset check of one quality gate; training stops when it fails.

    A gate that could not be measured neither passes nor fails: the check warns.
    """

    title, direction = quality.GATES[gate]

    @dg.asset_check(
        asset="qa_report",
        name=gate,
        blocking=True,
        partitions_def=VERSIONS,
        description=f"{title}: {direction} the threshold that the release's spec sets.",
    )
    def check(context: dg.AssetCheckExecutionContext, qa_report: Folder) -> dg.AssetCheckResult:
        report = quality.read_report(qa_report.path, context.partition_key)
        (facts,) = (row for row in quality.summary(report) if row["name"] == gate)
        verdict, value = report.verdicts[gate], facts["value"]
        return dg.AssetCheckResult(
            passed=verdict is quality.Verdict.PASSED,
            severity=(
                dg.AssetCheckSeverity.WARN
                if verdict is quality.Verdict.NOT_MEASURED
                else dg.AssetCheckSeverity.ERROR
            ),
            description=f"{facts['gate']}: {facts['value']}, {facts['threshold']}: {facts['verdict']}",
            metadata={"gate": table([facts]), **({"value": value} if value is not None else {})},
        )

    return check


def ship_check(gate: evaluation.Gate) -> dg.AssetChecksDefinition:
    """The asset check of one gate of the eval report; nothing runs after it, so it stops nothing."""

    @dg.asset_check(
        asset="eval_report",
        name=gate.value,
        partitions_def=VERSIONS,
        description=f"{evaluation.GATE_TITLES[gate]}: whether the checkpoint may ship.",
    )
    def check(context: dg.AssetCheckExecutionContext, eval_report: Folder) -> dg.AssetCheckResult:
        report = evaluation.read_report(eval_report.path, context.partition_key)
        (found,) = (result for result in report.gates if result.gate is gate)
        missing = found.outcome is evaluation.Outcome.NOT_MEASURED
        return dg.AssetCheckResult(
            passed=found.outcome is evaluation.Outcome.PASSED,
            severity=dg.AssetCheckSeverity.WARN if missing else dg.AssetCheckSeverity.ERROR,
            description=f"{found.outcome}: {found.detail}",
            metadata={
                name: value
                for name, value in (("value", found.value), ("threshold", found.threshold))
                if value is not None
            },
        )

    return check


CHECKS = (
    *(
        contract_check(contract, SOURCES)
        for contract in (RAW, QUARANTINE, FILES, CLEAN, HELDOUT_OVERLAP, DECISIONS, SIGNATURES)
    ),
    *(contract_check(contract) for contract in (WITHDRAWN, CLUSTERS, PASTED)),
    mostly_read,
    mostly_fit,
    reviewed,
    fresh,
    accounts_close,
    export_contract,
    *(gate_check(gate) for gate in release.Gates.model_fields),
    *(ship_check(gate) for gate in evaluation.Gate),
)
