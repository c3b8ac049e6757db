"""What changed in the landing area, or in a description, since a source was read."""

from collections.abc import Collection, Mapping, Sequence

from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.landing import departed, landed_files
from dataset_platform.storage.store import StoredObject
from dataset_platform.storage.work import read_manifest, sha256_of


def changes_since_reading(
    storage: Storage, sources: Collection[str], listed: Mapping[str, Sequence[StoredObject]]
) -> dict[str, str]:
    """What changed of each source whose tables are out of date, by name, sorted; empty when none is.

    `listed` is the landing area as it is now. Files are opened only where their digest is not remembered.
    A description that is gone has not changed: the rows were read with one. Which one is told by the
    decisions, made last: what reading does not need may change without a new reading.
    """
    left = departed(sources, listed)
    changes = {
        source: f"{source} left the landing area" if source in left else _change(storage, source, listed)
        for source in sorted(sources)
    }
    return {source: change for source, change in changes.items() if change}


def _change(storage: Storage, source: str, listed: Mapping[str, Sequence[StoredObject]]) -> str | None:
    reading = read_manifest(storage.store, storage.result_prefix("raw_conversations", source))
    if reading is None:
        return None
    prefix, index = storage.settings.raw_prefix, storage.landing_index_key(source)
    if landed_files(storage.store, prefix, source, index, listed[source]).digest != reading.inputs["files"]:
        return f"files of {source} changed"
    path = storage.description_path(source)
    decisions = read_manifest(storage.store, storage.result_prefix("filter_decisions", source))
    if path.exists() and decisions and sha256_of(path) != decisions.inputs.get("description"):
        return f"{path} changed"
    return None
