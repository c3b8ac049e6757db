"""A release is there whole or not at all, whenever its export dies; the next one gives the same bytes."""

import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dataset_platform import release
from dataset_platform.errors import StorageError
from dataset_platform.storage.files import describe
from dataset_platform.storage.local import LocalStore
from dataset_platform_tests.release.release_records import FILES, full_inputs
from dataset_platform_tests.storage.proxy import Proxy

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "exports/v1.0.0"
MOMENTS = 24
# Counts what this process does to files below the root, and kills it there and then at the given count.
EXPORT_AND_DIE = """
import os, signal, sys
from pathlib import Path
from dataset_platform.release import buckets
from dataset_platform.storage.local import LocalStore
from dataset_platform_tests.storage.test_release_faults import export
root, kill_at, counted = sys.argv[1], int(sys.argv[2]), 0
def count(event, arguments):
    global counted
    if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod") and arguments:
        if isinstance(arguments[0], (str, os.PathLike)) and os.fspath(arguments[0]).startswith(root):
            counted += 1
            if counted == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
buckets.BUCKET_CHARS = 400
export(LocalStore(Path(root)))
print(counted)
sys.stdout.flush()
os._exit(0)
"""


def export(store):
    """Builds the release of every kind of record in the store's staging area, and publishes it."""
    with store.staging() as folder:
        full_inputs().build(folder)
        files = sorted(describe(folder), key=lambda file: file.name == FILES.manifest)
        store.publish(folder, PREFIX, files, {})


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def expected(pristine):
    return contents(pristine.folder)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    return full_inputs().build(tmp_path_factory.mktemp("pristine") / "v1.0.0")


def require_whole_or_absent(store, expected):
    """What readers see is the release; what is not there, another attempt makes with the same bytes."""
    if store.exists(PREFIX):
        assert release.verify(store.fetch(PREFIX)).passed
    else:
        assert list(store.list("exports")) == []
        export(store)
    assert contents(store.fetch(PREFIX)) == expected


@pytest.mark.parametrize("most_bytes", [500, 3_000, 10_000, 30_000])
def test_a_full_disk_leaves_nothing_and_the_next_attempt_is_whole(tmp_path, expected, most_bytes):
    store = LocalStore(tmp_path / "root")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, limits[1]))
    try:
        with pytest.raises(StorageError, match="the disk is full; nothing was stored"):
            export(store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((tmp_path / "root/.staging").iterdir()) == []
    require_whole_or_absent(store, expected)


def export_apart(root, kill_at):
    command = [sys.executable, "-c", EXPORT_AND_DIE, str(root), str(kill_at)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_export_that_is_killed_at_any_moment_leaves_no_half_release(tmp_path, monkeypatch):
    monkeypatch.setattr("dataset_platform.release.buckets.BUCKET_CHARS", 400)
    undisturbed = export_apart(tmp_path / "undisturbed", 0)
    assert undisturbed.returncode == 0, undisturbed.stderr
    counted = int(undisturbed.stdout)
    expected = contents(tmp_path / "undisturbed" / PREFIX)
    moments = random.Random(counted).sample(range(1, counted + 1), min(MOMENTS, counted))
    assert len(moments) >= 20
    for moment in moments:
        root = tmp_path / str(moment)
        assert export_apart(root, moment).returncode == -signal.SIGKILL
        store = LocalStore(root)
        require_whole_or_absent(store, expected)
        with store.staging():
            pass
        assert list((root / ".staging").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("answered", [0, 3, 9, 14])
def test_an_object_store_that_is_lost_shows_no_half_release(new_place, s3_server, expected, answered):
    place = new_place("s3")
    with Proxy(s3_server.port).running() as proxy:
        through = place.environment | {"DATASET_S3_ENDPOINT_URL": proxy.url}
        lost = type(place)(through, place.cache / "lost", place.patch).open(storage_retry_s=2)
        proxy.answered = answered
        with pytest.raises(StorageError, match="gives no answer or breaks off"):
            export(lost)
    require_whole_or_absent(place.open(), expected)
