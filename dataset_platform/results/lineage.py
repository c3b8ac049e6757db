"""Traces and withdrawals, as commands show them."""

from collections.abc import Sequence

from dataset_platform.display import Row, Shown, counted
from dataset_platform.lineage import Checkpoint, Sighting, Trace, Withdrawn
from dataset_platform.release import Withdrawal
from dataset_platform.schemas import Fate

STEP_THAT_ENDS = {
    Fate.QUARANTINED: "read",
    Fate.WITHDRAWN: "withdrawals",
    Fate.FILTERED: "filter",
    Fate.DUPLICATE: "duplicates",
    Fate.NOT_SAMPLED: "draw",
    Fate.EXPORTED: "",
}
"""The step at which a record with this fate leaves, in the order of the flow."""


def trace_result(found: Trace) -> Shown:
    """Where it came from, what became of it in each release, and what was trained on it."""
    trained: list[Row] = [_checkpoint(one) for one in found.checkpoints]
    facts = {found.kind: found.name, "checkpoints": trained}
    tables = {"Checkpoints trained on it": trained} if trained else {}
    closing = [] if trained else ["no checkpoint was trained on it"]
    if found.kind != "conversation":
        held: list[Row] = [
            {
                "version": one.version,
                "records": one.records,
                "rows": one.rows,
                **{split.value: rows for split, rows in one.splits.items()},
                **{fate.value: count for fate, count in one.fates.items() if fate is not Fate.EXPORTED},
            }
            for one in found.holdings
        ]
        title = f"Releases that met the {found.kind} {found.name}"
        return Shown({**facts, "releases": held}, {title: held, **tables}, closing)
    seen: list[Row] = [_sighting(one) for one in found.sightings]
    steps: list[Row] = [{"version": one.version, **_steps(one)} for one in found.sightings]
    return Shown(
        {
            **facts,
            "releases": [
                {**row, "steps": _steps(one)} for row, one in zip(seen, found.sightings, strict=True)
            ],
        },
        {f"Conversation {found.name}": seen, "Step by step": steps, **tables},
        closing,
    )


def withdrawal_result(done: Withdrawn) -> Shown:
    """What was recorded, and everything that has its rows."""
    affected: list[Row] = [
        {
            "release": one.version,
            "rows": one.rows,
            **{split.value: rows for split, rows in one.splits.items()},
            "place": one.url,
        }
        for one in done.releases
    ]
    trained: list[Row] = [_checkpoint(one) for one in done.checkpoints]
    verb = "is recorded" if done.new else "was recorded before"
    return Shown(
        facts={
            "withdrawal": _withdrawal(done.withdrawal),
            "new": done.new,
            "rows": done.rows,
            "duplicates": done.duplicates,
            "releases": affected,
            "checkpoints": trained,
        },
        tables={
            **({"Releases that have rows of it": affected} if affected else {}),
            **({"Checkpoints trained on rows of it": trained} if trained else {}),
        },
        closing=[
            f"withdrawal {done.withdrawal.id} {verb}: {counted(done.rows, 'row')} of today's tables, "
            f"{done.duplicates:,} of them because they say the same",
            *([] if affected else ["no release has a row of it"]),
            "releases from now on are made without them; published ones do not change: cut a new version, "
            "then take back those above",
        ],
    )


def withdrawals_result(withdrawals: Sequence[Withdrawal]) -> Shown:
    """The log, oldest first."""
    rows: list[Row] = [_withdrawal(one) for one in withdrawals]
    return Shown(
        facts={"withdrawals": rows},
        tables={"Withdrawals": rows} if rows else {},
        closing=[] if rows else ["nothing was withdrawn"],
    )


def _withdrawal(one: Withdrawal) -> Row:
    return {
        "id": one.id,
        "withdrawn_at": one.withdrawn_at.isoformat(timespec="seconds"),
        "by": one.by.value,
        "value": one.value,
        "rows": one.rows,
        "reason": one.reason,
    }


def _checkpoint(one: Checkpoint) -> Row:
    return {"checkpoint of": one.version, "place": one.url}


def _sighting(one: Sighting) -> Row:
    return {
        "version": one.version,
        "fate": one.fate.value,
        "reason": one.reason,
        "split": one.split,
        "duplicate_of": one.duplicate_of,
        "file": one.origin_file,
        "position": one.origin_position,
        "file's SHA-256": one.origin_sha256,
    }


def _steps(one: Sighting) -> dict[str, str]:
    """What each step did with the record; those after its last step did nothing."""
    steps: dict[str, str] = {}
    for fate, step in STEP_THAT_ENDS.items():
        if fate is one.fate:
            steps |= {step: f"{fate.value}{f': {one.reason}' if one.reason else ''}"} if step else {}
            break
        steps[step] = "passed"
    return {step: steps.get(step, "") for step in STEP_THAT_ENDS.values() if step}
