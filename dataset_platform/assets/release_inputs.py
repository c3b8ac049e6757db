"""What a release is made from, as the tables before it say: a lock names only what they were made with."""

from collections.abc import Mapping

import daft

from dataset_platform import curate, ingest, release
from dataset_platform.errors import ContractError
from dataset_platform.storage.files import digest_of
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import FolderManifest, read_manifest

CODE_VERSIONS = {
    "ingest": ingest.VERSION,
    "curate": curate.VERSION,
    "filtering": curate.FILTERING_VERSION,
    "deduplication": curate.DEDUPLICATION_VERSION,
    "release": release.VERSION,
}

# Tables of a source in the order of the flow, each with the one that it is made from.
MADE_FROM = {
    "raw_conversations": None,
    "clean_conversations": "raw_conversations",
    "filter_decisions": "clean_conversations",
}


def input_files_of(storage: Storage, *frames: daft.DataFrame) -> tuple[tuple[str, str], ...]:
    """Every source file that gave a record or a quarantined one, and every description, with its SHA-256.

    The descriptions are those that the rows were read with, which may differ from those of today. Raises
    ContractError for a source whose tables do not follow from each other, or from this program and models.
    """
    files: set[tuple[str, str]] = set()
    for frame in frames:
        distinct = frame.select("origin_file", "origin_sha256").distinct().to_pydict()
        files |= set(zip(distinct["origin_file"], distinct["origin_sha256"], strict=True))
    sources = sorted({name.split("/")[0] for name, _ in files})
    described = [(f"sources/{source}.yaml", _description_of(storage, source)) for source in sources]
    return (*sorted(files), *described)


def _description_of(storage: Storage, source: str) -> str:
    """SHA-256 of the description that the source was read with."""
    made = {name: read_manifest(storage.store, storage.result_prefix(name, source)) for name in MADE_FROM}
    found = {name: manifest for name, manifest in made.items() if manifest}
    for name, wanted in _made_with().items():
        problem = _staleness(name, wanted, found)
        if problem:
            raise ContractError(
                f"{name} of {source} {problem}; try `dataset-platform sources clean {source}`"
            )
    return found["raw_conversations"].inputs["description"]


def _made_with() -> dict[str, dict[str, str]]:
    """What each table's inputs name of this program and its models, in the order of the flow."""
    return {
        "raw_conversations": {"ingest": ingest.VERSION},
        "clean_conversations": {"curate": curate.VERSION, "models": digest_of(curate.models_used())},
        "filter_decisions": {"filtering": curate.FILTERING_VERSION},
    }


def _staleness(name: str, wanted: Mapping[str, str], made: Mapping[str, FolderManifest]) -> str:
    """Why a table of a source cannot stand in a lock; empty when it can."""
    if name not in made:
        return "is not made yet"
    inputs, before = made[name].inputs, MADE_FROM[name]
    if before and inputs.get(before) != made[before].digest:
        return f"is older than its {before}"
    if any(inputs.get(key) != value for key, value in wanted.items()):
        return "was made by another version of this program or of its models"
    return ""
