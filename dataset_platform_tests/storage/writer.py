"""Processes that publish a folder, and may be killed at one of their calls to the store.

They are forked from a process that has imported everything and used nothing, for the imports take seconds.
"""

import multiprocessing
import os
import resource
import shutil
import signal
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from dataset_platform.errors import AlreadyPublished, PlatformError
from dataset_platform.settings import load_settings
from dataset_platform.storage.files import describe
from dataset_platform.storage.objects import ObjectStore
from dataset_platform.storage.opening import open_store

LOST = 3
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        "dataset_platform_tests.storage.writer",
        "dataset_platform.storage.s3",
        "dataset_platform.storage.gcs",
    ]
)


class DeadlyBucket:
    """A bucket that kills this process instead of sending a certain call."""

    def __init__(self, bucket, fatal: int) -> None:
        self._bucket, self._fatal, self._calls = bucket, fatal, count(1)

    def __getattr__(self, name):
        verb = getattr(self._bucket, name)
        if not callable(verb) or name == "url":
            return verb

        def counted(*arguments):
            if next(self._calls) == self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return verb(*arguments)

        return counted


def publish(environment: Mapping[str, str], source: Path, prefix: str, fatal: int = 0, most: int = 0) -> None:
    """Publishes the files of `source`, `manifest` last, and ends this process with what became of it.

    It dies before its `fatal`-th call to the store, and can write files of `most` bytes only.
    """
    os.environ.update(environment)
    if most:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    try:
        store = open_store(load_settings())
        if isinstance(store, ObjectStore):
            store = ObjectStore(DeadlyBucket(store.bucket, fatal), store.cache)
        with store.staging() as folder:
            for path in source.iterdir():
                shutil.copyfile(path, folder / path.name)
            files = sorted(describe(folder), key=lambda file: file.name == "manifest")
            store.publish(folder, prefix, files, {"run-id": str(os.getpid())})
    except AlreadyPublished:
        sys.exit(LOST)
    except PlatformError as error:
        (source.parent / "said").write_text(f"{error}")
        sys.exit(error.exit_status)
