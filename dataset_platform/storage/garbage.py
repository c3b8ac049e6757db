"""Garbage: what interrupted and superseded writes left, and no reader will ever look at.

Only what is older than a grace period is garbage, for four kinds of process may be at work
on another machine and cannot be seen from here:

- a writer that stages files or sends parts, and has not decided yet: the newest of them is young;
- a writer that has laid a result's folder down, and has not replaced the manifest yet:
  the folder is young, since none older than `work.REUSED_FOR` is ever pointed at anew;
- a reader of a result that was superseded meanwhile: the manifest is young;
- a process that completes a decided publication: what its claim names is no garbage
  before all of it has arrived.

States of training wait for the same command to be started again, so they are given a week.
"""

import fcntl
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dataset_platform.settings import Settings
from dataset_platform.storage.publication import Claim
from dataset_platform.storage.staging import LOCK
from dataset_platform.storage.store import CLAIMS, STAGING, Store, StoredObject
from dataset_platform.storage.work import MANIFEST, home_key, read_manifest

GRACE = timedelta(hours=24)
TRAINING_STATES = "training_states"  # processed/training_states/<run>: what a killed run goes on from
STATES_WAIT = timedelta(days=6)  # beyond the grace period
LEVELS_OF_RESULTS, LEVELS_OF_CHECKPOINTS = 2, 1  # processed/<asset>/<partition>, checkpoints/<version>
_FOLDER = re.compile(r"/[0-9a-f]{16}(-[0-9a-f]{8})?$")  # as `work` names them; others are people's own


class Why(StrEnum):
    """Why something is garbage."""

    ABANDONED = "abandoned"
    LEFT = "left"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    UNNAMED = "unnamed"
    UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Garbage:
    """A folder that can go, with the objects that lay in it when it was looked at."""

    key: str
    why: Why
    objects: tuple[StoredObject, ...]

    @property
    def bytes(self) -> int:
        return sum(stored.bytes for stored in self.objects)

    @property
    def newest(self) -> datetime:
        return max(stored.modified for stored in self.objects)


def find_garbage(store: Store, settings: Settings, before: datetime) -> Iterator[Garbage]:
    """All garbage that nobody has touched since `before`; each is looked for when it is asked for."""
    yield from _drafts(store, before)
    yield from _attempts(store, settings.exports_prefix, before)
    yield from _attempts(store, settings.withdrawals_prefix, before)
    for prefix in (
        settings.exports_prefix,
        settings.withdrawals_prefix,
        settings.processed_prefix,
        settings.checkpoints_prefix,
    ):
        yield from _uploads(store, prefix, before)
    for place, levels in (
        (settings.processed_prefix, LEVELS_OF_RESULTS),
        (settings.checkpoints_prefix, LEVELS_OF_CHECKPOINTS),
    ):
        for prefix in _prefixes_of_results(store, place, levels):
            yield from _unread_folders(store, prefix, before)
    yield from _left_states(store, f"{settings.processed_prefix}/{TRAINING_STATES}", before - STATES_WAIT)


def remove_garbage(store: Store, settings: Settings, before: datetime) -> Iterator[Garbage]:
    """As `find_garbage`; each is removed as soon as it was found, before the next is looked for."""
    for garbage in find_garbage(store, settings, before):
        if garbage.why is Why.UNFINISHED:
            for upload in garbage.objects:
                store.give_up(upload)
        else:
            store.delete(stored.key for stored in garbage.objects)
        yield garbage
    with store.staging():  # takes the empty folders of dead writers away
        pass


def _drafts(store: Store, before: datetime) -> Iterator[Garbage]:
    """What writers of a local disk staged and left: no living process holds their locks."""
    for key, objects in _by_folder(store.list(STAGING), STAGING).items():
        draft = Garbage(key, Why.ABANDONED, tuple(objects))
        if draft.newest < before and not _is_held(store, f"{key}{LOCK}"):
            yield draft


def _attempts(store: Store, exports: str, before: datetime) -> Iterator[Garbage]:
    """What was staged to be published, and either never was or has arrived since."""
    staging = f"{exports}/{STAGING}"
    for key, objects in _by_folder(store.list(staging), staging).items():
        name, _, attempt = key.rpartition("/")[2].rpartition("-")
        claim = _claim(store, f"{exports}/{CLAIMS}/{name}.json")
        if claim is None or claim.attempt != attempt:
            garbage = Garbage(key, Why.ABANDONED, tuple(objects))
        elif _has_arrived(store, f"{exports}/{name}", claim):
            garbage = Garbage(key, Why.PUBLISHED, tuple(objects))
        else:
            continue
        if garbage.newest < before:
            yield garbage


def _uploads(store: Store, prefix: str, before: datetime) -> Iterator[Garbage]:
    """Uploads that broke off, or whose writer died or lost before they became objects."""
    old = [upload for upload in store.unfinished(prefix) if upload.modified < before]
    claims = [_claim(store, stored.key) for stored in store.list(f"{prefix}/{CLAIMS}")] if old else []
    decided = {parts.id for claim in claims if claim for parts in claim.parts.values()}
    for upload in old:
        if upload.tag not in decided:
            yield Garbage(upload.key, Why.UNFINISHED, (upload,))


def _unread_folders(store: Store, prefix: str, before: datetime) -> Iterator[Garbage]:
    """Folders of one result that its manifest does not name.

    The manifest is read before it is listed: where it was replaced in between, it is listed as young.
    """
    manifest = read_manifest(store, prefix)
    listed = list(store.list(prefix))
    pointer = [stored for stored in listed if stored.key == f"{prefix}/{MANIFEST}"]
    if any(stored.modified >= before for stored in pointer):
        return
    inside = [stored for stored in listed if "/" in stored.key.removeprefix(f"{prefix}/")]
    for key, objects in _by_folder(inside, prefix).items():
        why = Why.SUPERSEDED if manifest else Why.UNNAMED
        garbage = Garbage(key, why, tuple(objects))
        named = manifest is not None and key == home_key(prefix, manifest)
        if garbage.newest < before and not named and _FOLDER.search(key):
            yield garbage


def _left_states(store: Store, prefix: str, before: datetime) -> Iterator[Garbage]:
    """States of runs that were killed and that nobody goes on with."""
    for key, objects in _by_folder(store.list(prefix), prefix).items():
        states = Garbage(key, Why.LEFT, tuple(objects))
        if states.newest < before:
            yield states


def _prefixes_of_results(store: Store, place: str, levels: int) -> list[str]:
    """Prefixes that hold a result's folders, sorted."""
    found = set()
    for stored in store.list(place):
        parts = stored.key.removeprefix(f"{place}/").split("/")
        if len(parts) > levels + 1:
            found.add("/".join([place, *parts[:levels]]))
    return sorted(found)


def _by_folder(objects: Iterable[StoredObject], prefix: str) -> dict[str, list[StoredObject]]:
    """Objects by the folder right below the prefix that they lie in; a lock belongs to its folder."""
    folders = defaultdict(list)
    for stored in objects:
        name = stored.key.removeprefix(f"{prefix}/").split("/")[0]
        folders[f"{prefix}/{name.removesuffix(LOCK)}"].append(stored)
    return folders


def _claim(store: Store, key: str) -> Claim | None:
    try:
        return Claim.model_validate_json(store.read(key))
    except FileNotFoundError:
        return None


def _has_arrived(store: Store, prefix: str, claim: Claim) -> bool:
    """Whether everything that the claim names lies where readers look."""
    there = {(stored.key, stored.bytes) for stored in store.list(prefix)}
    return all((f"{prefix}/{file.name}", file.bytes) in there for file in claim.files)


def _is_held(store: Store, lock: str) -> bool:
    """Whether a living process of this machine holds the lock."""
    try:
        with store.fetch(lock).open() as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
