"""What every server does: start, answer, keep what it stored, and be gone when it should be."""

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from random import SystemRandom
from typing import Any, Self

from dataset_platform.errors import UsageError

READY_S = 40.0
LAST_WORDS = 160
PORTS = 10_000, 32_768


class Server(ABC):
    """A process that answers on a port; can be killed, and started again with what it stored in its folder.

    As a context it runs for the block.
    """

    owner: Mapping[str, Any] = {}
    """The user that it runs as, where it must not be ours: arguments of `subprocess.Popen`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_ports(1)[0]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @abstractmethod
    def command(self) -> Sequence[str]: ...

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it serves; may raise OSError while it does not."""

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
                **self.owner,
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


class ObjectServer(Server):
    """A server of buckets, of which it keeps the objects below `disk`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "disk").mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    @abstractmethod
    def credentials(self) -> Mapping[str, str]:
        """What clients need in their environment."""

    @abstractmethod
    def new_bucket(self) -> str:
        """The name of an empty bucket."""

    @abstractmethod
    def drop_bucket(self, name: str) -> None:
        """Removes a bucket with all that lies in it."""

    @abstractmethod
    def requests(self, bucket: str) -> int:
        """Requests for the bucket that were answered since the server started."""


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on, all different.

    None of those that kernels give to connections: one could take the port before its server does.
    """
    ports: list[int] = []
    with ExitStack() as held:
        while len(ports) < count:
            port = SystemRandom().randrange(*PORTS)
            with suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
                ports.append(port)
    return ports
