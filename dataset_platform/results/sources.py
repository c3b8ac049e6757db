"""Sources: what was read, what was lost."""

import io
from collections.abc import Collection, Sequence
from typing import Any

import daft
from ruamel.yaml import YAML

from dataset_platform.display import Row, Shown, counted
from dataset_platform.errors import InputError, PlatformError
from dataset_platform.ingest.origins.arriving import Arrival, Outcome
from dataset_platform.ingest.origins.description import Origin
from dataset_platform.ingest.quarantine import QuarantineGroup, quarantine_groups, quarantined_records
from dataset_platform.schemas import QuarantineReason
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.landing import departed, landed_sources
from dataset_platform.storage.work import Folder, open_folder


def sources_result(storage: Storage, known: Collection[str]) -> Shown:
    """Records read, quarantined and dropped of each known source that was cleaned and is still there.

    Sources that left the landing area are named: no release takes their tables in.
    """
    cleaned = _cleaned_sources(storage)
    left = departed(cleaned, landed_sources(storage.store, storage.settings.raw_prefix))
    rows = _counts(storage, [name for name in cleaned if name in known and name not in left])
    none = [] if rows else ["no source was cleaned yet; try `dataset-platform sources clean`"]
    return Shown(
        facts={"sources": rows, "left": left},
        tables={"Sources": rows} if rows else {},
        closing=[*none, *(f"{name} left the landing area; only its tables stay" for name in left)],
    )


def _counts(storage: Storage, names: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for name in names:
        raw, quarantined = (_open(storage, asset, name) for asset in ("raw_conversations", "quarantine"))
        decisions = daft.read_parquet(_paths(_open(storage, "filter_decisions", name)))
        dropped = decisions.where(daft.col("drop_reason").not_null()).count_rows()
        kept, lost = raw.manifest.rows, quarantined.manifest.rows
        rows.append(
            {
                "source": name,
                "records": kept + lost,
                "quarantined": lost,
                "dropped": dropped,
                "fit": kept - dropped,
            }
        )
    return rows


def cleaning_result(storage: Storage, done: Sequence[str], failure: PlatformError | None) -> Shown:
    """The sources that were cleaned just now, and what stopped the others."""
    rows = _counts(storage, done)
    return Shown(facts={"sources": rows}, tables={"Sources": rows} if rows else {}, failure=failure)


def fetched_result(name: str, arrivals: Sequence[Arrival]) -> Shown:
    """Every file of a source's origin, and what became of it in the landing area."""
    rows = [{"file": a.name, "sha256": a.sha256, "outcome": a.outcome.value} for a in arrivals]
    left_over = sum(arrival.outcome is Outcome.LEFT_OVER for arrival in arrivals)
    closing = (
        [f"{counted(left_over, 'file')} came from an earlier pin: delete what should go"] if left_over else []
    )
    return Shown(
        facts={"source": name, "files": rows},
        tables={f"Files of {name}": rows},
        closing=[*closing, f"read them with `dataset-platform sources clean {name}`"],
    )


def pinned_result(name: str, origin: Origin) -> Shown:
    """The block `origin` to write into the source's description."""
    block = {"origin": origin.model_dump(mode="json", exclude_defaults=True)}
    text = io.StringIO()
    YAML(typ="safe", pure=True).dump(block, text)
    return Shown(facts={"source": name, **block}, closing=[text.getvalue().rstrip()])


def quarantine_result(
    storage: Storage,
    name: str,
    reason: QuarantineReason | None = None,
    file: str | None = None,
    limit: int | None = None,
) -> Shown:
    """What could not be read of a source: by reason and file with the cure, then record by record.

    `reason` and `file` choose among the records; `limit` bounds those that are listed.
    """
    paths = _paths(_open(storage, "quarantine", name))
    groups = [_group_row(group) for group in quarantine_groups(paths, reason, file)]
    records = quarantined_records(paths, reason, file, limit)
    total = sum(group["records"] for group in groups)
    tables: dict[str, Sequence[Row]] = {f"Quarantine of {name}": groups} if groups else {}
    if records:
        some = "" if len(records) == total else f", the first {len(records):,} of {total:,}"
        tables[f"Record by record{some}"] = records
    return Shown(
        facts={"source": name, "records": total, "groups": groups, "quarantined": records},
        tables=tables,
        closing=[f"{counted(total, 'record')} of {name} could not be read", *_after_quarantine(name, groups)],
    )


def _group_row(group: QuarantineGroup) -> dict[str, Any]:
    return {
        "reason": group.reason.value,
        "file": group.origin_file,
        "records": group.records,
        "first positions": ", ".join(map(str, group.positions)),
        "first detail": group.detail,
        "cure": group.cure,
    }


def _after_quarantine(name: str, groups: Sequence[Row]) -> list[str]:
    if not groups:
        return []
    return [f"once mended: dataset-platform sources clean {name}; docs/runbook.md explains every reason"]


def _cleaned_sources(storage: Storage) -> list[str]:
    prefix = f"{storage.settings.processed_prefix}/filter_decisions"
    found = {stored.key.removeprefix(f"{prefix}/").split("/")[0] for stored in storage.store.list(prefix)}
    return sorted(found)


def _open(storage: Storage, asset: str, source: str) -> Folder:
    folder = open_folder(storage.store, storage.result_prefix(asset, source))
    if folder is None:
        raise InputError(
            f"source {source} was not cleaned yet; try `dataset-platform sources clean {source}`"
        )
    return folder


def _paths(folder: Folder) -> list[str]:
    return [str(folder.path / file.name) for file in folder.manifest.files]
