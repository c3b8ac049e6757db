"""What a release is made from, as the tables before it say: a lock names only what they were made with."""

from collections.abc import Iterable, Mapping

import daft

from dataset_platform import curate, ingest, release
from dataset_platform.assets.clean_conversations import cleaning_of
from dataset_platform.assets.reviewed import review_files
from dataset_platform.errors import ContractError
from dataset_platform.settings import Settings
from dataset_platform.storage.files import digest_of, sha256_of
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import FolderManifest, read_manifest

# Tables of a source in the order of the flow, each with the one that it is made from.
MADE_FROM = {
    "raw_conversations": None,
    "clean_conversations": "raw_conversations",
    "heldout_overlap": "clean_conversations",
    "text_signatures": "clean_conversations",
    "filter_decisions": "clean_conversations",
}


def code_versions(settings: Settings) -> dict[str, str]:
    """The version of each step, and the settings that decide as code does: of a key, what tells it apart."""
    share = settings.heldout_max_share
    cleaning = cleaning_of(settings)
    surrogates = curate.surrogates_of(cleaning, settings.pseudonym_key)
    key = f", key {surrogates.key_id()}" if surrogates else ""
    links = f", links {cleaning.links}" if cleaning.links is not curate.Links.KEEP else ""
    return {
        "ingest": ingest.VERSION,
        "curate": f"{curate.VERSION}{links}",
        "pseudonyms": f"{cleaning.pseudonyms}{key}",
        "filtering": curate.FILTERING_VERSION,
        "heldout": f"{curate.HELDOUT_VERSION}{f', largest share {share}' if share else ''}",
        "signatures": curate.SIGNATURES_VERSION,
        "deduplication": curate.DEDUPLICATION_VERSION,
        "release": release.VERSION,
    }


def input_files_of(
    storage: Storage, clean: daft.DataFrame, quarantine: daft.DataFrame
) -> tuple[tuple[str, str], ...]:
    """Every file that decides about rows, with its SHA-256: source files that gave a record or a quarantined
    one, descriptions, held-out files, and review files that say anything about a row.

    The descriptions are those that the rows were read and filtered with, which may differ from those of
    today. Raises ContractError for a source whose tables do not follow from each other, from the held-out
    and review files, or from this program and models.
    """
    files: set[tuple[str, str]] = set()
    for frame in (clean, quarantine):
        distinct = frame.select("origin_file", "origin_sha256").distinct().to_pydict()
        files |= set(zip(distinct["origin_file"], distinct["origin_sha256"], strict=True))
    sources = sorted({name.split("/")[0] for name, _ in files})
    described = [(f"sources/{source}.yaml", _description_of(storage, source)) for source in sources]
    return (
        *sorted(files),
        *described,
        *_heldout_files(storage, sources),
        *review_files(storage, clean, sources),
    )


def _description_of(storage: Storage, source: str) -> str:
    """SHA-256 of the description that the source was read and filtered with."""
    made = {name: read_manifest(storage.store, storage.result_prefix(name, source)) for name in MADE_FROM}
    found = {name: manifest for name, manifest in made.items() if manifest}
    for name, wanted in _made_with(storage.settings).items():
        problem = _staleness(name, wanted, found)
        if problem:
            raise ContractError(
                f"{name} of {source} {problem}; try `dataset-platform sources clean {source}`"
            )
    decided = found["filter_decisions"].inputs
    if decided["reading"] != found["raw_conversations"].inputs["reading"]:
        raise ContractError(
            f"sources/{source}.yaml has changed since {source} was read; "
            f"try `dataset-platform sources clean {source}`"
        )
    return decided["description"]


def _made_with(settings: Settings) -> dict[str, dict[str, str]]:
    """What each table's inputs name of this program, its models and settings, in the order of the flow."""
    return {
        "raw_conversations": {"ingest": ingest.VERSION},
        "clean_conversations": {
            "curate": curate.VERSION,
            "models": digest_of(curate.models_used()),
            "cleaning": cleaning_of(settings).model_dump_json(),
        },
        "heldout_overlap": {"curate": curate.HELDOUT_VERSION},
        "text_signatures": {"signatures": curate.SIGNATURES_VERSION},
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
        return "was made by another version of this program or of its models, or with other settings"
    return ""


def _heldout_files(storage: Storage, sources: Iterable[str]) -> list[tuple[str, str]]:
    """The held-out files that no row of the release has passages of, with their SHA-256, sorted."""
    folder = storage.settings.heldout_dir
    files = curate.heldout_files(folder)
    digests = {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}
    for source in sources:
        made = read_manifest(storage.store, storage.result_prefix("heldout_overlap", source))
        if made and made.inputs["heldout"] != digest_of(digests):
            raise ContractError(
                f"the files in {folder}/ changed since {source} was compared with them; "
                f"try `dataset-platform sources clean {source}`"
            )
    return [(f"heldout/{name}", sha256) for name, sha256 in digests.items()]
