"""Eval reports and earlier checkpoints where storage keeps them."""

from collections.abc import Iterable
from contextlib import suppress

from pydantic import ValidationError

from dataset_platform import evaluation, release, training
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import Folder, open_folder


def standings(storage: Storage, versions: Iterable[str]) -> list[evaluation.Standing]:
    """The reports of these versions, in no order; those of another version of this program are left out."""
    found = []
    for version in versions:
        prefix, key = _places(storage, version)
        for stored in (stored for stored in storage.store.list(prefix) if stored.key == key):
            with suppress(ValidationError):
                report = evaluation.EvalReport.model_validate_json(storage.store.read(stored.key))
                found.append(evaluation.Standing(report, stored.modified))
    return found


def outdated(storage: Storage, versions: Iterable[str], found: Iterable[evaluation.Standing]) -> list[str]:
    """The versions that have a report which is not among those found."""
    read = {standing.report.version for standing in found}
    return [
        version
        for version in versions
        if version not in read and storage.store.exists(_places(storage, version)[1])
    ]


def _places(storage: Storage, version: str) -> tuple[str, str]:
    """The prefix of a checkpoint, and the key of the report beside it."""
    prefix = storage.checkpoint_prefix(version)
    return prefix, f"{prefix}/{release.ReleaseFiles(version).eval_reports[0]}"


def previous_checkpoint(
    storage: Storage, version: str, versions: Iterable[str], base_model_sha256: str
) -> tuple[str, Folder] | None:
    """The newest earlier version with a checkpoint of the same base model, and that checkpoint."""
    for earlier in release.earlier_versions(version, versions):
        folder = open_folder(storage.store, storage.checkpoint_prefix(earlier))
        if folder and training.verify_checkpoint(folder.path).manifest.base_model.sha256 == base_model_sha256:
            return earlier, folder
    return None
