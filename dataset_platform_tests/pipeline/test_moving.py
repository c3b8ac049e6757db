"""A release goes from a laptop to S3, to GCS and back, and is the same on every way."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import pytest

from dataset_platform.storage.opening import open_store
from dataset_platform_tests.pipeline.project import REPOSITORY, Project, conversations
from dataset_platform_tests.storage.conftest import gcs_server, s3_server
from dataset_platform_tests.storage.proxy import Proxy
from dataset_platform_tests.storage.servers import settings_of

__all__ = ["gcs_server", "s3_server"]  # fixtures


@pytest.fixture
def project(tmp_path, s3_server, gcs_server, monkeypatch):
    """A judged release on a local disk, and buckets that commands find by their settings."""
    project = Project(tmp_path / "project")
    project.add_source("alpha", conversations("alpha", 30))
    project.done("sources", "clean")
    project.spec("1.0.0")
    project.done("export", "--version", "1.0.0")
    project.environment = {
        **s3_server.environment(s3_server.new_bucket()),
        **gcs_server.environment(gcs_server.new_bucket()),
    }
    for name, value in project.environment.items():
        if not name.startswith("DATASET_"):
            monkeypatch.setenv(name, value)
    return project


def choose(project, backend):
    """Writes the settings of every bucket, and which backend commands use."""
    settings = {**project.environment, "DATASET_STORAGE_BACKEND": backend}
    lines = [f"{name}={value}\n" for name, value in settings.items() if name.startswith("DATASET_")]
    (project.path / ".env").write_text("".join(lines))


def on(project, backend, *arguments):
    """What a command that must end well printed as JSON."""
    choose(project, backend)
    return project.done(*arguments, "--json").facts


def sha256s(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.slow
def test_a_release_that_went_to_s3_and_gcs_comes_back_byte_by_byte(project, tmp_path):
    back = tmp_path / "back"
    for source, target in (("local", "s3"), ("s3", "gcs"), ("gcs", "local")):
        path = ["--to-path", str(back)] if target == "local" else []
        way = ["--from", source, "--to", target, "--version", "1.0.0", *path]
        copied = on(project, "local", "storage", "copy", *way)["copied"]
        assert [(row["what"], row["was"]) for row in copied] == [
            ("release 1.0.0", "copied"),
            ("qa report of 1.0.0", "copied"),
        ]
        again = on(project, "local", "storage", "copy", *way)["copied"]
        assert [row["was"] for row in again] == ["there already"]
        if target != "local":
            assert on(project, target, "verify", "--version", "1.0.0")["passed"]
            assert on(project, target, "doctor")["failed"] == []
            assert on(project, target, "storage", "gc", "--older-than", "0")["garbage"] == []
    assert sha256s(back / "exports") == sha256s(project.path / "data" / "exports")
    assert sha256s(back / "processed/qa_report") == sha256s(project.path / "data/processed/qa_report")


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["s3", "gcs"])
def test_every_command_works_on_a_bucket(project, backend):
    land(project, backend)
    assert [row["source"] for row in on(project, backend, "sources", "clean")["sources"]] == ["alpha"]
    assert on(project, backend, "sources", "list")["sources"][0]["records"] == 30
    assert on(project, backend, "sources", "quarantine", "alpha")["quarantined"] == []
    released = on(project, backend, "export", "--version", "1.0.0")
    assert on(project, backend, "verify", "--version", "1.0.0")["passed"]
    assert on(project, backend, "qa", "--version", "1.0.0")["passed"]
    here = on(project, "local", "export", "--version", "1.0.0")
    assert released["dataset_hash"] == here["dataset_hash"]


@pytest.mark.slow
def test_ctrl_c_in_the_middle_leaves_nothing_and_the_same_command_completes_it(project, s3_server):
    way = ["storage", "copy", "--from", "local", "--to", "s3", "--version", "1.0.0"]
    with Proxy(s3_server.port).running() as network:
        network.bytes_per_s = 2_000  # a connection: the upload of 73 kB takes many seconds
        settings = {**project.environment, "DATASET_S3_ENDPOINT_URL": network.url}
        copying = subprocess.Popen(
            [sys.executable, "-c", "from dataset_platform.cli import run; run()", *way],
            cwd=project.path,
            env={**os.environ, **settings, "PYTHONPATH": str(REPOSITORY)},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "Read release 1.0.0" in copying.stderr.readline()
        time.sleep(1)
        copying.send_signal(signal.SIGINT)
        said = copying.stderr.read()
    assert copying.wait(60) == 130
    assert "stopped; " in said
    assert "Traceback" not in said
    choose(project, "s3")
    assert "is not published" in project.command("verify", "--version", "1.0.0").err
    assert on(project, "local", *way)["copied"][0]["was"] == "copied"
    assert on(project, "s3", "verify", "--version", "1.0.0")["passed"]


def land(project, backend):
    """Puts the landing area into the bucket, as whoever delivers files would."""
    environment = {**project.environment, "DATASET_STORAGE_BACKEND": backend}
    store = open_store(settings_of(environment, project.path / "cache of who delivers"))
    for path in (project.path / "data/raw").rglob("*.jsonl"):
        store.replace(path.relative_to(project.path / "data").as_posix(), path.read_bytes())
