"""Buckets of the servers on this machine, each for one run."""

import re
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from dataset_platform.bench.servers import Server


@contextmanager
def s3_bucket(server: Server) -> Iterator[str]:
    """The name of an empty bucket, which is gone after the block."""
    name = f"bench-{uuid4().hex[:12]}"
    bucket = _s3(server).Bucket(name)
    bucket.create()
    try:
        yield name
    finally:
        bucket.objects.all().delete()
        bucket.delete()


@contextmanager
def gcs_bucket(server: Server) -> Iterator[str]:
    """The name of an empty bucket, which is gone after the block."""
    name = f"bench-{uuid4().hex[:12]}"
    request = urllib.request.Request(
        f"{server.url}/storage/v1/b?project=local",
        data=f'{{"name": "{name}"}}'.encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10):
        pass
    try:
        yield name
    finally:
        shutil.rmtree(server.folder / "objects" / name, ignore_errors=True)


def s3_requests(server: Server, bucket: str) -> int:
    """Requests that the server has answered for the bucket so far."""
    with urllib.request.urlopen(server.metrics, timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    counted = (
        line
        for line in lines
        if line.startswith("SeaweedFS_s3_request_total") and f'bucket="{bucket}"' in line
    )
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in counted)


def gcs_requests(server: Server, bucket: str) -> int:
    """Requests that the server has logged for the bucket so far."""
    named = re.compile(rf"[/ ]{re.escape(bucket)}[/? ]")
    with (server.folder / "log").open(errors="replace") as lines:
        return sum(bool(named.search(line)) for line in lines)


def _s3(server: Server) -> Any:
    import boto3

    keys = server.environment
    return boto3.resource(
        "s3",
        endpoint_url=server.url,
        region_name=keys["AWS_REGION"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )
