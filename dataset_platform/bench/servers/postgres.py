"""PostgreSQL, for Dagster's instance; Debian's package, on a free loopback port and with a password."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Self

from dataset_platform.bench.servers.server import Server
from dataset_platform.errors import UsageError

VERSIONS = Path("/usr/lib/postgresql")
USER = "postgres"  # it refuses to run as root


class PostgresServer(Server):
    """Its data lie in a folder that goes with the block."""

    def __init__(self) -> None:
        self.binaries = binaries()
        self.password = token_hex(16)
        # Below /tmp itself: its user cannot reach a folder that only ours may enter.
        super().__init__(Path(tempfile.mkdtemp(prefix="postgres-")))
        if os.getuid() == 0:
            self.owner = {"user": USER, "group": USER, "extra_groups": []}

    @property
    def environment(self) -> Mapping[str, str]:
        """What `deploy/dagster.postgres.yaml` reads."""
        return {
            "DAGSTER_PG_HOST": "127.0.0.1",
            "DAGSTER_PG_PORT": str(self.port),
            "DAGSTER_PG_DB": "postgres",
            "DAGSTER_PG_USERNAME": USER,
            "DAGSTER_PG_PASSWORD": self.password,
        }

    def command(self) -> Sequence[str]:
        places = ["-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder)]
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        return [str(self.binaries / "postgres"), *places, *options]

    def is_ready(self) -> bool:
        asked = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0

    def dump(self) -> bytes:
        """All that is stored, as text."""
        dump = [str(self.binaries / "pg_dump"), "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, USER]
        environment = {**os.environ, "PGPASSWORD": self.password}
        return subprocess.run(dump, check=True, capture_output=True, env=environment).stdout

    def __enter__(self) -> Self:
        try:
            self._create()
            return super().__enter__()
        except BaseException:
            shutil.rmtree(self.folder)
            raise

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        shutil.rmtree(self.folder)

    def _create(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        if self.owner:
            for path in (self.folder, secret):
                shutil.chown(path, USER, USER)
        subprocess.run(
            [
                self.binaries / "initdb", "-D", self.folder / "data", "-U", USER, "-E", "UTF8", "--no-sync",
                "-A", "scram-sha-256", f"--pwfile={secret}",
            ],
            check=True,
            capture_output=True,
            **self.owner,
        )  # fmt: skip


def binaries() -> Path:
    """The folder of the newest PostgreSQL here; raises UsageError with the line that installs one."""
    found = sorted(VERSIONS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise UsageError("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent
