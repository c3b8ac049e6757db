"""Sources: what was read, what was lost."""

from collections.abc import Sequence

import daft

from dataset_platform.display import Row, Shown
from dataset_platform.errors import InputError
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import Folder, open_folder


def sources_result(storage: Storage, names: Sequence[str] = ()) -> Shown:
    """Records read, quarantined and dropped of each source that was cleaned, or of the named ones."""
    rows: list[Row] = []
    for name in names or _cleaned_sources(storage):
        raw, quarantined = (_open(storage, asset, name) for asset in ("raw_conversations", "quarantine"))
        clean = daft.read_parquet(_paths(_open(storage, "clean_conversations", name)))
        dropped = clean.where(daft.col("drop_reason").not_null()).count_rows()
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
    none = [] if rows else ["no source was cleaned yet; try `dataset-platform sources clean`"]
    return Shown(facts={"sources": rows}, tables={"Sources": rows} if rows else {}, closing=none)


def quarantine_result(storage: Storage, name: str) -> Shown:
    """Place, reason and detail of every record of a source that could not be read."""
    frame = daft.read_parquet(_paths(_open(storage, "quarantine", name)))
    columns: list[daft.Expression | str] = ["origin_file", "origin_position", "reason", "detail"]
    rows = frame.select(*columns).sort(columns[:2]).to_pylist()
    return Shown(
        facts={"source": name, "quarantined": rows},
        tables={f"Quarantine of {name}": rows},
        closing=[f"{len(rows)} records of {name} could not be read"],
    )


def _cleaned_sources(storage: Storage) -> list[str]:
    prefix = f"{storage.settings.processed_prefix}/clean_conversations"
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
