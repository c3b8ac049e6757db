"""Copies a release, and what was made from it, from one store to another: verified, whole, or not at all.

Both ends are read back: what is published was compared with its manifest before, and is fetched
from the destination and compared again after. The destination's own commit protocol decides who
wins; a copy that was interrupted is begun again with the same command.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from dataset_platform import release, training
from dataset_platform.errors import AlreadyPublished, InputError, VerificationFailed
from dataset_platform.storage.files import File, describe
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.store import OnBytes, Store, published_folders
from dataset_platform.storage.work import FolderManifest, Work, commit, home_key, open_folder, read_manifest

Watch = Callable[[str], AbstractContextManager[OnBytes]]
"""Shows a transfer of this title until the block ends, and is told of its bytes."""


@dataclass(frozen=True)
class Copied:
    """One thing that lies at the destination now, compared byte by byte; `new` if it was not there before."""

    what: str
    place: str
    files: int
    bytes: int
    new: bool


@dataclass(frozen=True)
class Route:
    """From where to where; `read_back` is the destination again, seen without anything cached."""

    source: Store
    target: Store
    read_back: Store
    names: Storage
    watch: Watch


def copy_release(route: Route, version: str) -> list[Copied]:
    """The release and its QA report at the destination, and all withdrawals that it lacks.

    Raises InputError when the source has no such release, VerificationFailed when its bytes are not as
    published, AlreadyPublished when the destination has another release of this version.
    """
    prefix = route.names.release_prefix(version)
    if not route.source.exists(prefix):
        raise InputError(f"{route.source.url(prefix)}: there is no release {version} to copy")
    with route.watch(f"Read release {version}") as on_bytes:
        folder = route.source.fetch(prefix, on_bytes)
        _require_verified(folder, route.source.url(prefix))
    there = route.target.exists(prefix)
    if not there:
        there = not _publish_release(route, version, folder)
    with route.watch(f"Verify release {version} at the destination") as on_bytes:
        arrived = route.read_back.fetch(prefix, on_bytes)
        verification = _require_verified(arrived, route.target.url(prefix))
        _require_same_release(version, folder, arrived, route.target.url(prefix))
    copied = Copied(
        f"release {version}",
        route.target.url(prefix),
        verification.files_checked,
        verification.bytes,
        not there,
    )
    beside = (*release.ReleaseFiles(version).qa_reports, release.CARD)
    reports = _copy_reports(route, "qa_report", version, prefix, beside)
    return [copied, *reports, *_copy_withdrawals(route)]


def copy_checkpoint(route: Route, version: str) -> list[Copied]:
    """The checkpoint of a release, and its eval report if there is one, at the destination.

    Raises as `copy_release` does.
    """
    prefix = route.names.checkpoint_prefix(version)
    with route.watch(f"Copy the checkpoint of {version}") as on_bytes:
        copied = _copy_result(route, f"checkpoint of {version}", prefix, on_bytes)
    if copied is None:
        raise InputError(f"{route.source.url(prefix)}: release {version} has no checkpoint there to copy")
    manifest = read_manifest(route.read_back, prefix)
    if manifest:
        training.verify_checkpoint(route.read_back.fetch(home_key(prefix, manifest)))
    named = release.ReleaseFiles(version)
    beside = (*named.eval_reports, named.eval_replies)
    return [copied, *_copy_reports(route, "eval_report", version, prefix, beside)]


def _publish_release(route: Route, version: str, folder: Path) -> bool:
    """Whether this copy became the release; False when another writer was first."""
    prefix = route.names.release_prefix(version)
    manifest = release.read_manifest(folder)
    own = release.ReleaseFiles(version)
    names = [*(entry.name for entry in manifest.files), own.signature, own.manifest]
    names = [name for name in names if name != own.signature or (folder / name).exists()]
    labels = {"asset": "dataset_export", "version": version, "run_id": manifest.run_id}
    with (
        route.watch(f"Write release {version}") as on_bytes,
        route.target.staging() as draft,
    ):
        for name in names:
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, draft / name)
        (draft / release.CARD).write_bytes(release.published_card(folder))
        _require_verified(draft, route.source.url(prefix))
        files = sorted(describe(draft), key=lambda file: file.name == names[-1])
        try:
            route.target.publish(draft, prefix, files, labels, on_bytes)
        except AlreadyPublished:
            return False
    return True


def _copy_reports(route: Route, asset: str, version: str, place: str, names: Sequence[str]) -> list[Copied]:
    """The report as a result, and its files beside what it reports on; one that is there stays."""
    prefix, what = route.names.result_prefix(asset, version), f"{asset.replace('_', ' ')} of {version}"
    if read_manifest(route.target, prefix) or not read_manifest(route.source, prefix):
        return []
    for name in names:  # first, so that a copy that stops here does not look done
        route.target.replace(f"{place}/{name}", route.source.read(f"{place}/{name}"))
    with route.watch(f"Copy the {what}") as on_bytes:
        copied = _copy_result(route, what, prefix, on_bytes)
    return [copied] if copied else []


def _copy_withdrawals(route: Route) -> list[Copied]:
    """The source's log of withdrawals, added to the destination's: a release cut there must heed it, too."""
    prefix, copied = route.names.settings.withdrawals_prefix, []
    there = set(published_folders(route.target, prefix))
    for key in (key for key in published_folders(route.source, prefix) if key not in there):
        with route.target.staging() as draft:
            shutil.copytree(route.source.fetch(key), draft, dirs_exist_ok=True)
            files = [*describe(draft)]
            with suppress(AlreadyPublished):  # by another copy, just now
                route.target.publish(draft, key, files, {"asset": "withdrawal"})
        n_bytes = sum(file.bytes for file in files)
        copied.append(Copied("withdrawal", route.target.url(key), len(files), n_bytes, new=True))
    release.read_log(route.read_back, prefix)
    return copied


def _copy_result(route: Route, what: str, prefix: str, on_bytes: OnBytes) -> Copied | None:
    """A result by its commit protocol; None where the source has none."""
    folder = open_folder(route.source, prefix, on_bytes)
    if folder is None:
        return None
    there = read_manifest(route.target, prefix)
    if there and there.digest != folder.digest:
        raise AlreadyPublished(
            f"{route.target.url(prefix)} has another {what}: "
            f"{_some(_differing_files(folder.manifest, there))}. "
            "Remove one of them, or keep both places apart"
        )
    work = Work(folder.manifest.inputs, lambda draft: _lay_down(folder.path, folder.manifest.files, draft))
    committed, reused = commit(route.target, prefix, work, folder.manifest.labels, on_bytes)
    arrived = open_folder(route.read_back, prefix, on_bytes)
    if arrived is None or arrived.digest != folder.digest:
        raise VerificationFailed(f"{route.target.url(prefix)}: what arrived is not the {what} that was sent")
    place = route.target.url(home_key(prefix, committed))
    return Copied(what, place, len(committed.files), committed.bytes, not reused)


def _lay_down(folder: Path, files: Sequence[File], draft: Path) -> None:
    for file in files:
        (draft / file.name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / file.name, draft / file.name)


def _require_verified(folder: Path, place: str) -> release.Verification:
    verification = release.verify(folder)
    if not verification.passed:
        raise VerificationFailed(f"{place} is not as published: {_some(map(str, verification.findings))}")
    return verification


def _require_same_release(version: str, sent: Path, found: Path, place: str) -> None:
    """Raises AlreadyPublished naming what differs: what the releases are made from, or else their files."""
    if release.manifest_sha256(sent) == release.manifest_sha256(found):
        return
    here, there = (release.read_manifest(folder) for folder in (sent, found))
    differing = release.differing_inputs(
        release.inputs_of_release(found), release.inputs_of_release(sent)
    ) or _differing_files(here, there)
    what = _some(differing) or "it was built by another run at another time"
    raise AlreadyPublished(
        f"{place} is another release {version}, and a published version never changes: {what}. "
        "Give one of them a new version."
    )


def _differing_files(
    sent: release.Manifest | FolderManifest, found: release.Manifest | FolderManifest
) -> list[str]:
    """A phrase for each file that one has and the other has not, or has with other bytes."""
    ours, theirs = ({file.name: file.sha256 for file in manifest.files} for manifest in (sent, found))
    return release.differing_inputs(theirs, ours)


def _some(phrases: Iterable[str], most: int = 5) -> str:
    listed = list(phrases)
    hidden = len(listed) - most
    return "; ".join(listed[:most]) + (f"; and {hidden} more" if hidden > 0 else "")
