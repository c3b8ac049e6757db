"""Processes that race, are killed, lose their server or run out of disk: never half a release."""

import os
import signal
import threading
from pathlib import Path

import pytest

from dataset_platform.errors import StorageError
from dataset_platform.storage.files import describe
from dataset_platform_tests.storage import writer
from dataset_platform_tests.storage.conftest import Place
from dataset_platform_tests.storage.servers import GCSServer, S3Server
from dataset_platform_tests.storage.test_store import LABELS, MEGABYTE, contents

BACKENDS = ("local", "s3", "gcs")


@pytest.fixture
def place(request, new_place):
    return new_place(request.param)


def folder_of(path, files):
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def start(place, cache, *arguments):
    environment = {**place.environment, "DATASET_CACHE_DIR": str(cache)}
    process = writer.PROCESSES.Process(target=writer.publish, args=(environment, *arguments))
    process.start()
    return process


def ended(process):
    """How the process ended: its exit status, or the negative number of what killed it."""
    process.join(60)
    return process.exitcode


@pytest.mark.slow
@pytest.mark.parametrize("place", BACKENDS, indirect=True)
def test_of_8_processes_that_publish_one_version_one_wins(place, tmp_path):
    folders = [
        folder_of(tmp_path / str(i), {"a": b"%d" % i * 9 * MEGABYTE, "b": b"%d" % i, "manifest": b"%d" % i})
        for i in range(8)
    ]
    writers = [start(place, tmp_path / f"cache {i}", path, "exports/v1") for i, path in enumerate(folders)]
    statuses = [ended(process) for process in writers]
    assert sorted(statuses) == [0] + [writer.LOST] * 7
    published = contents(place.open().fetch("exports/v1"))
    assert published == contents(folders[statuses.index(0)])
    left = [o.key for o in place.open().list("exports/.staging")]
    assert left == []


@pytest.mark.slow
@pytest.mark.parametrize("place", BACKENDS[1:], indirect=True)
def test_a_writer_that_is_killed_leaves_no_half_release_and_the_next_one_ends_it(place, tmp_path):
    files = {"a": b"1" * 1_000, "large": b"2" * 9 * MEGABYTE, "manifest": b"{}"}
    source, store = folder_of(tmp_path / "source", files), place.open()
    for call in range(1, 20, 2):
        prefix = f"exports/v{call}"
        killed = start(place, tmp_path / "cache", source, prefix, call)
        assert ended(killed) in (0, -signal.SIGKILL)
        if not store.exists(prefix):
            assert list(store.list(prefix)) == []
        assert ended(start(place, tmp_path / "cache", source, prefix)) in (0, writer.LOST)
        assert contents(store.fetch(prefix)) == files
    assert killed.exitcode == 0, "there are more calls than were tried"


@pytest.mark.slow
@pytest.mark.parametrize("server", [S3Server, GCSServer])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_server_that_is_killed_in_a_transfer_is_an_error_and_a_second_try_completes(
    server, direction, tmp_path, monkeypatch
):
    running = server(tmp_path / "server")
    running.start()
    try:
        place = Place(running.environment(running.new_bucket()), tmp_path / "cache", monkeypatch)
        store = place.open(storage_retry_s=2)
        source = folder_of(tmp_path / "source", {"large": os.urandom(60 * MEGABYTE), "manifest": b"{}"})
        files = list(describe(source))
        if direction == "down":
            store.publish(source, "exports/v1", files, LABELS)
            store = place.open(cache=tmp_path / "another machine", storage_retry_s=2)
        monkeypatch.setattr(store.bucket, "parts_at_once", 1)
        killing = threading.Lock()

        def kill(done, total):
            if done > total / 4 and killing.acquire(blocking=False):
                running.kill()

        def transfer(on_bytes=None):
            if direction == "up":
                store.publish(source, "exports/v1", files, LABELS, on_bytes)
            return store.fetch("exports/v1", on_bytes)

        with pytest.raises(StorageError, match="gives no answer or breaks off"):
            transfer(kill)
        running.start()
        assert list(describe(transfer())) == files
    finally:
        running.kill()


@pytest.mark.slow
def test_a_server_that_is_killed_and_comes_back_in_time_costs_no_more_than_time(tmp_path, monkeypatch):
    """What had arrived of an upload, and the server has forgotten, is sent again in the same transfer.

    S3's takes half a minute to come back; see `test_a_large_file_is_sent_for_as_long_as_the_settings_say`.
    """
    with GCSServer(tmp_path / "server") as running:
        place = Place(running.environment(running.new_bucket()), tmp_path / "cache", monkeypatch)
        store = place.open(storage_retry_s=60)
        source = folder_of(tmp_path / "source", {"large": os.urandom(60 * MEGABYTE), "manifest": b"{}"})
        files, once, told = list(describe(source)), threading.Lock(), []

        def restart(done, total):
            told.append(done)
            if done > total / 4 and once.acquire(blocking=False):
                running.kill()
                running.start()

        store.publish(source, "exports/v1", files, LABELS, restart)
        assert once.locked()
        assert told[-1] == sum(file.bytes for file in files)
        fetched = place.open(cache=tmp_path / "another machine").fetch("exports/v1")
        assert list(describe(fetched)) == files


@pytest.mark.parametrize("place", ["local", "s3"], indirect=True)
def test_a_full_disk_is_one_line_and_leaves_nothing(place, tmp_path):
    source = folder_of(tmp_path / "source", {"large": b"1" * 3 * MEGABYTE, "manifest": b"{}"})
    assert ended(start(place, tmp_path / "cache", source, "exports/v1", 0, MEGABYTE)) == 1
    said = (tmp_path / "said").read_text()
    assert "the disk is full; nothing was stored. Free some space and run it again" in said
    assert "\n" not in said
    assert not place.open().exists("exports/v1")
    assert list(place.open().list("exports")) == []


@pytest.mark.parametrize("place", ["s3"], indirect=True)
def test_a_full_disk_under_the_cache_is_one_line(place, tmp_path, monkeypatch):
    store = place.open()
    source = folder_of(tmp_path / "source", {"large": b"1" * 3 * MEGABYTE, "manifest": b"{}"})
    store.publish(source, "exports/v1", list(describe(source)), LABELS)
    other = place.open(cache=tmp_path / "another machine")

    def no_space(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", no_space)
    with pytest.raises(StorageError, match="the disk is full"):
        other.fetch("exports/v1")
