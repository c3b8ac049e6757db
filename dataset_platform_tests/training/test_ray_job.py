"""A training as a job of a Ray cluster: the same weights, what stopped it, stopped with its run."""

import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dataset_platform import engine
from dataset_platform.assets.trained_checkpoint import RunsIn
from dataset_platform.bench.servers.server import free_ports
from dataset_platform.storage.files import sha256_of
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import open_folder
from dataset_platform_tests.storage.servers import S3Server
from dataset_platform_tests.training.materialising import checkpoint, failure
from dataset_platform_tests.training.ray_head import ray_head


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="module")
def cluster(server, tmp_path_factory):
    """Its machines have a cache and credentials of their own."""
    credentials = {name: value for name, value in server.environment("").items() if name.startswith("AWS_")}
    with ray_head({"DATASET_CACHE_DIR": str(tmp_path_factory.mktemp("node")), **credentials}) as address:
        yield address


@pytest.fixture
def on_ray(materialise, cluster, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", cluster)
    return lambda **asked: materialise(runs_in=RunsIn.RAY, **asked)


@pytest.fixture
def in_a_bucket(server, tmp_path, monkeypatch):
    """The release lies in a bucket, of which this machine and those of the cluster know."""

    def move():
        for name, value in server.environment(server.new_bucket()).items():
            monkeypatch.setenv(name, value)
        folder = tmp_path / "data" / "exports" / "v1.0.0"
        for file in folder.iterdir():
            Storage().store.put(f"exports/v1.0.0/{file.name}", file, sha256_of(file))

    return move


@pytest.mark.slow
def test_a_job_trains_the_same_weights_from_bucket_to_bucket(materialise, in_a_bucket, on_ray):
    assert materialise()[0].success
    here = checkpoint()
    in_a_bucket()
    assert on_ray()[0].success
    weights = "adapter_model.safetensors"
    assert checkpoint().manifest.files[weights] == here.manifest.files[weights]
    assert not list(Storage().store.list("processed/training_states"))


@pytest.mark.slow
def test_what_stopped_a_job_arrives_as_the_error_that_it_was(on_ray):
    refused, _ = on_ray(overrides=["max_length=5"])
    assert "Raise max_length, which is 5 tokens" in failure(refused)
    assert "\n" not in failure(refused).strip()


@pytest.mark.slow
def test_a_run_that_is_cancelled_stops_its_job(on_ray, cluster):
    from ray.job_submission import JobSubmissionClient

    client = JobSubmissionClient(cluster)
    known = {job.submission_id for job in client.list_jobs()}

    def running():
        return [
            job for job in client.list_jobs() if job.submission_id not in known and job.status == "RUNNING"
        ]

    def cancel():
        while not running():
            time.sleep(0.2)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=cancel, daemon=True).start()
    outcome, _ = on_ray(overrides=["max_steps=100000"])
    assert not outcome.success
    while running():
        time.sleep(0.2)
    (job,) = (job for job in client.list_jobs() if job.submission_id not in known)
    assert job.status == "STOPPED"
    assert open_folder(Storage().store, "checkpoints/v1.0.0") is None


@pytest.mark.slow
def test_a_cluster_that_takes_no_job_is_named(materialise, monkeypatch):
    address = f"http://127.0.0.1:{free_ports(1)[0]}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    refused, _ = materialise(runs_in=RunsIn.RAY)
    assert f"RAY_ADDRESS={address}: no cluster takes a job there (ConnectionError)" in failure(refused)


class WantsToken(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(401)

    def log_message(self, *_):
        """Not among what the tests print."""


@pytest.mark.slow
def test_a_cluster_whose_token_is_missing_is_told_so(materialise, monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), WantsToken) as head:
        threading.Thread(target=head.serve_forever, daemon=True).start()
        monkeypatch.setenv("RAY_ADDRESS", f"http://127.0.0.1:{head.server_port}")
        refused, _ = materialise(runs_in=RunsIn.RAY)
        head.shutdown()
    assert f"RAY_ADDRESS=http://127.0.0.1:{head.server_port}: {engine.TOKEN_WANTED}" in failure(refused)


@pytest.mark.slow
def test_a_job_that_a_killed_run_left_is_stopped_before_the_next(cluster):
    from ray.job_submission import JobSubmissionClient

    from dataset_platform.assets.ray_jobs import KEY, stop_orphans

    client = JobSubmissionClient(cluster)
    same, other = (client.submit_job(entrypoint="sleep 600", metadata={KEY: key}) for key in ("k", "l"))
    for job in (same, other):
        while client.get_job_status(job) == "PENDING":
            time.sleep(0.2)
    stop_orphans(client, "k")
    while client.get_job_status(same) == "RUNNING":
        time.sleep(0.2)
    assert client.get_job_status(other) == "RUNNING"
    client.stop_job(other)
