"""The main job on every backend: the same bytes everywhere, and no credential in anything that it left."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from dataset_platform.release import ReleaseFiles
from dataset_platform_tests.pipeline.project import Outcome, Project
from dataset_platform_tests.storage.servers import ADMIN, READER

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FILES = ReleaseFiles("1.0.0")
COMMANDS = (
    ("sources", "samples"),
    ("sources", "clean"),
    ("export", "--version", "1.0.0", "--target-samples", "60", "--no-quality"),
    ("verify", "--version", "1.0.0"),
)


@pytest.fixture(scope="module")
def done(request, tmp_path_factory):
    """Runs the main job once on a backend: its project, what it printed, and the store that it left."""
    finished: dict[str, tuple[Project, Outcome, Mapping[str, str]]] = {}

    def run(backend: str) -> tuple[Project, Outcome, Mapping[str, str]]:
        if backend not in finished:
            project = Project(tmp_path_factory.mktemp(backend) / "project")
            environment = {"DATASET_STORAGE_BACKEND": "local"}
            if backend != "local":
                server = request.getfixturevalue(f"{backend}_server")
                environment = server.environment(server.new_bucket())
            environment["DATASET_CACHE_DIR"] = str(project.path / "cache")
            finished[backend] = (project, project.apart(*COMMANDS, **environment), environment)
        return finished[backend]

    return run


@pytest.mark.parametrize("backend", ["s3", "gcs"])
def test_every_backend_gives_the_same_release(done, backend, place_of):
    local, outcome, _ = done("local")
    assert outcome.status == 0, outcome.err
    project, outcome, environment = done(backend)
    assert outcome.status == 0, outcome.err
    folder = place_of(environment, project.path / "other cache").open().fetch("exports/v1.0.0")
    assert digests(folder) == digests(local.release("1.0.0"))


def test_people_are_shown_addresses_in_the_bucket(done):
    _, outcome, environment = done("s3")
    bucket = environment["DATASET_S3_BUCKET"]
    assert f"s3://{bucket}/exports/v1.0.0/{FILES.parquet}" in outcome.out
    assert "/cache/" not in outcome.out + outcome.err


def test_credentials_are_in_nothing_that_a_run_wrote(done, s3_server):
    """Nor in what a run leaves that was refused in the middle of a step."""
    project, outcome, environment = done("s3")
    reader = dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), READER, strict=True))
    refused = project.apart(("export", "--version", "1.1.0", "--no-quality"), **environment | reader)
    assert "cannot write: the credentials lack s3:PutObject" in refused.error
    bucket, client = environment["DATASET_S3_BUCKET"], s3_server.client
    written = {"output": (outcome.out + outcome.err + refused.out + refused.err).encode()}
    written |= {str(path): path.read_bytes() for path in project.path.rglob("*") if path.is_file()}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for stored in page["Contents"]:
            found = client.get_object(Bucket=bucket, Key=stored["Key"])
            labels = json.dumps(found["Metadata"]).encode()
            written[f"s3://{stored['Key']}"] = labels + found["Body"].read()
    assert any(name.startswith("s3://exports/v1.0.0/") for name in written)
    assert any(name.endswith(".db") for name in written)
    keys = [key.encode() for key in (*ADMIN, *READER)]
    assert [name for name, content in written.items() if any(key in content for key in keys)] == []


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each file that two builds of a release have in common, as its manifest lists them."""
    listed = json.loads((folder / FILES.manifest).read_text())["files"]
    return {file["name"]: file["sha256"] for file in listed}
