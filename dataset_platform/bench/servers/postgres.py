"""PostgreSQL, for Dagster's instance; Debian's package, on a free loopback port and with a password."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any, Self

from dataset_platform.bench.servers.server import free_ports
from dataset_platform.errors import UsageError

VERSIONS = Path("/usr/lib/postgresql")
USER = "postgres"  # it refuses to run as root
READY_S = 30.0


class PostgresServer:
    """As a context it runs for the block; can be killed and started again with what it stored."""

    def __init__(self) -> None:
        self.binaries = binaries()
        self.port = free_ports(1)[0]
        self.password = token_hex(16)
        self.process: subprocess.Popen[bytes] | None = None

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

    def start(self) -> None:
        """Returns when it answers; raises UsageError with the last line of its log otherwise."""
        log = self.folder / "server.log"
        options = ["-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder)]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", *options, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **_as_user(),
            )
        deadline = time.monotonic() + READY_S
        ready = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace").strip().rpartition("\n")[2]
                raise UsageError(f"PostgreSQL does not answer; it says: {said}")
            time.sleep(0.1)

    def dump(self) -> bytes:
        """All that is stored, as text."""
        dump = [str(self.binaries / "pg_dump"), "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, USER]
        environment = {**os.environ, "PGPASSWORD": self.password}
        return subprocess.run(dump, check=True, capture_output=True, env=environment).stdout

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def __enter__(self) -> Self:
        # Below /tmp itself: its user cannot reach a folder that only ours may enter.
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        try:
            if os.getuid() == 0:
                shutil.chown(self.folder, USER, USER)
            self._create()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder)

    def _create(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        if os.getuid() == 0:
            shutil.chown(secret, USER, USER)
        subprocess.run(
            [
                self.binaries / "initdb", "-D", self.folder / "data", "-U", USER, "-E", "UTF8", "--no-sync",
                "-A", "scram-sha-256", f"--pwfile={secret}",
            ],
            check=True,
            capture_output=True,
            **_as_user(),
        )  # fmt: skip


def binaries() -> Path:
    """The folder of the newest PostgreSQL here; raises UsageError with the line that installs one."""
    found = sorted(VERSIONS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise UsageError("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent


def _as_user() -> dict[str, Any]:
    return {"user": USER, "group": USER, "extra_groups": []} if os.getuid() == 0 else {}
