"""What was removed from storage, and what was copied between backends."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dataset_platform.copying import Copied, Route, copy_checkpoint, copy_release
from dataset_platform.display import Row, Shown, counted
from dataset_platform.errors import UsageError
from dataset_platform.progress import Progress
from dataset_platform.settings import Settings
from dataset_platform.storage.garbage import find_garbage, remove_garbage
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.opening import open_store


def garbage_result(storage: Storage, older_than: timedelta, delete: bool) -> Shown:
    """Garbage that is older than this, largest first; removed if wanted."""
    now = datetime.now(UTC)
    look = remove_garbage if delete else find_garbage
    found = sorted(look(storage.store, storage.settings, now - older_than), key=lambda one: -one.bytes)
    rows: list[Row] = [
        {
            "what": storage.store.url(one.key),
            "why": one.why.value,
            "objects": len(one.objects),
            "bytes": one.bytes,
            "hours": round((now - one.newest).total_seconds() / 3600, 1),
        }
        for one in found
    ]
    total = sum(one.bytes for one in found)
    done = "removed" if delete else "can be removed"
    verdict = f"{counted(len(found), 'folder')}, {total:,} bytes {done}"
    hint = "nothing was removed; `dataset-platform storage gc --delete` does that"
    return Shown(
        facts={"removed": delete, "bytes": total, "garbage": rows},
        tables={"Garbage": rows} if rows else {},
        closing=[verdict, *([hint] if rows and not delete else [])],
    )


def copy_result(
    source: Settings, target: Settings, version: str, checkpoint: bool, progress: Progress
) -> Shown:
    """Copies a release, with its checkpoint if wanted; says what arrived and what had been there."""
    stores = open_store(source), open_store(target)
    prefix = Storage().release_prefix(version)
    if stores[0].url(prefix) == stores[1].url(prefix):
        raise UsageError(f"{stores[0].url(prefix)} is both source and destination; name two places")
    target.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.cache, prefix="read-back-") as nothing_cached:
        fresh = open_store(target.model_copy(update={"cache_dir": Path(nothing_cached)}))
        route = Route(*stores, fresh, Storage(), progress.transfer)
        copied = copy_release(route, version)
        if checkpoint:
            copied += copy_checkpoint(route, version)
    rows = [_row(one) for one in copied]
    return Shown(
        facts={"version": version, "copied": rows},
        tables={"Copied": rows},
        closing=[f"release {version} lies at {copied[0].place}, byte by byte as published"],
    )


def _row(copied: Copied) -> Row:
    return {
        "what": copied.what,
        "where": copied.place,
        "files": copied.files,
        "bytes": copied.bytes,
        "was": "copied" if copied.new else "there already",
    }
