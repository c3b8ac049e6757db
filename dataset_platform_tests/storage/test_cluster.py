"""The main job on a Ray cluster of two workers: the bytes of one machine, whatever happens on the way."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from dataset_platform import engine
from dataset_platform.release import ReleaseFiles
from dataset_platform.release.files import CONFIG_LOCK
from dataset_platform.storage.files import describe
from dataset_platform_tests.pipeline.project import IN_A_ROW, REPOSITORY, Project, conversations
from dataset_platform_tests.storage.ray_cluster import RayCluster
from dataset_platform_tests.storage.servers import ADMIN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

FILES = ReleaseFiles("1.0.0")
CLEAN = ("sources", "clean")
EXPORT = ("export", "--version", "1.0.0", "--target-samples", "100", "--no-quality")
VERIFY = ("verify", "--version", "1.0.0")
SOURCES = {"alpha": ("foundation", 120), "beta": ("expertise", 40)}
PATIENCE_S = 600
PACKAGES = {"packages", "packages_hash"}  # Ray brings some of its own along
READ_PLACES = """
import json, sys
from dataset_platform.schemas import CLEAN
from dataset_platform.settings import load_settings
from dataset_platform.storage.files import File
from dataset_platform.storage.shards import Shards, frame_over
files = tuple(File(**file) for file in json.loads(sys.argv[1]))
frame = frame_over(load_settings(), [Shards("processed/table", files)], CLEAN.arrow)
print(json.dumps(frame.select("origin_position").to_pydict(), separators=(",", ":")))
"""
EMBED = """
import hashlib, sys
import pyarrow as pa
from pathlib import Path
from dataset_platform import engine, quality
from dataset_platform.settings import load_settings
engine.start(load_settings())
kept = quality.kept_in(Path(sys.argv[1]))
vectors = kept.embed(pa.array([f"I slept {n} hours" for n in range(1500)], pa.large_string()))
print(kept.path.name, hashlib.sha256(vectors.tobytes()).hexdigest())
"""
CLEAN_IN_PROCESSES = """
import hashlib
from dataset_platform import curate, engine
from dataset_platform.settings import load_settings
from dataset_platform_tests.curate.conversations import raw_frame, raw_record
engine.start(load_settings())
texts = [f"My name is Siobhan Okonkwo, call me under {n:03}-555-0142." for n in range(3_000)]
raw = raw_frame([raw_record([("user", text)], position=n) for n, text in enumerate(texts)])
clean = curate.clean(raw, n_rows=1_000_000).sort("origin_position").to_pylist()
print(len(clean), hashlib.sha256(repr(clean).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """A project whose sources were landed and nothing else; some conversations are in two of them."""
    project = Project(tmp_path_factory.mktemp("raw") / "project")
    for source, (stage, count) in SOURCES.items():
        project.add_source(source, conversations(source, count) + conversations("alpha", 20), stage)
    return project


@pytest.fixture(scope="module")
def embedded(raw, tmp_path_factory):
    """The project after the main job on this machine alone."""
    project = raw.copy(tmp_path_factory.mktemp("embedded") / "project")
    outcome = project.apart(CLEAN, EXPORT, VERIFY)
    assert outcome.status == 0, outcome.err
    return project


@pytest.fixture(scope="module")
def worker_cache(tmp_path_factory):
    """Where the workers keep what they fetch, as another machine would: apart from the driver's copies."""
    return tmp_path_factory.mktemp("workers")


@pytest.fixture(scope="module")
def cluster(worker_cache, gcs_server):
    credentials = dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ADMIN, strict=True))
    machine = {"DATASET_CACHE_DIR": str(worker_cache), "AWS_EC2_METADATA_DISABLED": "true"}
    with RayCluster(credentials | machine | {"STORAGE_EMULATOR_HOST": gcs_server.url}) as running:
        yield running


def test_workers_read_the_object_store_and_give_the_bytes_of_one_machine(
    raw, embedded, cluster, s3_server, worker_cache, place_of, tmp_path
):
    project = raw.copy(tmp_path / "project")
    bucket = s3_server.new_bucket()
    for path in (project.path / "data").rglob("*.jsonl"):
        key = path.relative_to(project.path / "data").as_posix()
        s3_server.client.upload_file(str(path), bucket, key)
    environment = s3_server.environment(bucket)
    here = {"DATASET_CACHE_DIR": str(project.path / "cache")}
    outcome = project.apart(
        CLEAN, EXPORT, VERIFY, **environment, **here, patience_s=PATIENCE_S, **cluster.driver
    )
    assert outcome.status == 0, outcome.err

    folder = place_of(environment, tmp_path / "look").open().fetch("exports/v1.0.0")
    assert released(folder) == released(embedded.release("1.0.0"))
    lock, lock_of_one_machine = (
        json.loads((place / CONFIG_LOCK).read_text()) for place in (folder, embedded.release("1.0.0"))
    )
    assert "ray" in lock.pop("engine")
    assert "native" in lock_of_one_machine.pop("engine")
    assert lock["config_hash"] == lock_of_one_machine["config_hash"]
    assert {name for name in lock if lock[name] != lock_of_one_machine.get(name)} <= PACKAGES

    fetched = {path.name for path in (worker_cache / "objects/blobs").rglob("*") if path.is_file()}
    assert set(stored_tables(embedded).values()) <= fetched
    assert not any(key in outcome.out + outcome.err for key in ADMIN)


@pytest.mark.parametrize("token", [{"RAY_AUTH_MODE": "disabled"}, {"RAY_AUTH_TOKEN": "of-another-cluster"}])
def test_who_has_not_the_token_of_the_cluster_is_told_in_one_line(raw, cluster, token):
    refused = raw.apart(CLEAN, **cluster.driver | token)
    assert refused.status == 2
    assert refused.err == f"error: RAY_ADDRESS={cluster.address}: {engine.TOKEN_WANTED}\n"


def test_workers_read_gcs(embedded, cluster, new_place, worker_cache, tmp_path):
    place = new_place("gcs")
    table = embedded.stored_file("clean_conversations", "beta").parent
    files = list(describe(table))
    place.open().add(table, "processed/table", files, {})
    asked = json.dumps([file.model_dump() for file in files])
    here = {"DATASET_CACHE_DIR": str(tmp_path / "cache")}
    said = said_by(READ_PLACES, {**place.environment, **cluster.driver, **here}, asked)
    rows = pq.read_table(table, columns=["origin_position"]).to_pydict()
    assert json.loads(said[-1]) == rows
    fetched = {path.name for path in (worker_cache / "objects/blobs").rglob("*") if path.is_file()}
    assert {file.sha256 for file in files} <= fetched


@pytest.mark.model
def test_workers_give_the_sentence_vectors_of_one_machine(cluster, tmp_path):
    _, alone = said_by(EMBED, {}, tmp_path / "alone")
    kept_in, spread = said_by(EMBED, cluster.driver, tmp_path / "spread")
    assert spread == alone
    assert kept_in.endswith("-ray.sqlite")


def test_worker_processes_on_the_nodes_clean_as_those_of_one_machine(cluster):
    rows, digest = said_by(CLEAN_IN_PROCESSES, cluster.driver)
    assert rows == "3000"
    assert [rows, digest] == said_by(CLEAN_IN_PROCESSES, {})


def test_a_worker_finds_a_flipped_bit_before_it_computes(embedded, cluster, tmp_path):
    project = embedded.copy(tmp_path / "project")
    stored = project.stored_file("clean_conversations", "beta")
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.chmod(0o600)
    stored.write_bytes(content)
    found = hashlib.sha256(content).hexdigest()
    outcome = project.apart(
        ("export", "--version", "1.0.1", "--no-quality"), patience_s=PATIENCE_S, **cluster.driver
    )
    assert outcome.status == 1
    assert f"{stored.name} differs from the manifest: SHA-256 {found}, expected " in outcome.error
    assert "\n" not in outcome.error


def test_a_data_folder_that_workers_do_not_see_is_named(embedded, cluster, tmp_path):
    project = embedded.copy(tmp_path / "project")
    stored = project.stored_file("clean_conversations", "beta")
    stored.unlink()
    outcome = project.apart(
        ("export", "--version", "1.0.1", "--no-quality"), patience_s=PATIENCE_S, **cluster.driver
    )
    assert "DATASET_STORAGE_LOCAL_PATH mounted at the same place on every node" in outcome.error


def test_doctor_tells_of_the_cluster(raw, cluster):
    outcome = raw.apart(("doctor", "--json"), patience_s=PATIENCE_S, **cluster.driver)
    (finding,) = (found for found in outcome.facts["findings"] if found["check"].startswith("Ray"))
    assert finding["health"] == "ok"
    assert "2 nodes with 2 CPUs" in finding["detail"]


def test_a_worker_that_is_killed_changes_no_byte(raw, embedded, cluster, tmp_path):
    """The last test: the cluster has one worker afterwards."""
    project = raw.copy(tmp_path / "project")
    with (tmp_path / "output").open("w+") as output:
        run = subprocess.Popen(
            [sys.executable, "-c", IN_A_ROW, json.dumps([CLEAN, EXPORT, VERIFY])],
            cwd=project.path,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | cluster.driver,
            stdout=output,
            stderr=output,
        )
        victim = in_the_middle(cluster, run)
        os.kill(victim, signal.SIGKILL)
        assert run.poll() is None
        status = run.wait(PATIENCE_S)
        output.seek(0)
        assert status == 0, output.read()
    assert not psutil.pid_exists(victim) or psutil.Process(victim).status() == psutil.STATUS_ZOMBIE
    assert stored_tables(project) == stored_tables(embedded)
    assert released(project.release("1.0.0")) == released(embedded.release("1.0.0"))


def said_by(script: str, environment: Mapping[str, str], *arguments: str | Path) -> list[str]:
    """The words of the last line that a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=os.environ | environment | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()


def in_the_middle(cluster: RayCluster, run: subprocess.Popen[bytes]) -> int:
    """Process id of a worker node that was in the middle of a batch function at two looks in a row."""
    before: set[int] = set()
    while run.poll() is None:
        now = set(cluster.computing())
        if now & before:
            return min(now & before)
        before = now
        time.sleep(0.02)
    raise AssertionError("the run ended before a worker was seen to compute")


def stored_tables(project: Project) -> dict[str, str]:
    """SHA-256 of every file of every table between the steps."""
    root = project.path / "data/processed"
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*.parquet"))
    }


def released(folder: Path) -> dict[str, str]:
    """SHA-256 of each file that a release has on either engine; the lock names the engine."""
    listed = json.loads((folder / FILES.manifest).read_text())
    files = {file["name"]: file["sha256"] for file in listed["files"] if file["name"] != CONFIG_LOCK}
    return files | {"dataset_hash": listed["dataset_hash"], "config_hash": listed["config_hash"]}
