"""An upload to Google Cloud Storage as one stream, which goes on where the connection broke.

The client's own uploads hold a chunk in memory, wait for the answer to each, and after a broken connection
send all of it again. Here the store is told the file's CRC32C and then takes the file in one request; asked
how much of it arrived, it is sent the rest: <https://cloud.google.com/storage/docs/resumable-uploads>.
"""

import re
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterator
from http.client import GONE, NOT_FOUND, PERMANENT_REDIRECT
from pathlib import Path
from typing import Any

from google.api_core.exceptions import ServerError, TooManyRequests, from_http_response
from google.api_core.retry import Retry, exponential_sleep_generator
from google_crc32c import Checksum
from requests.exceptions import RequestException

BLOCK_BYTES = 256 << 10
SENDING_TIMEOUT_S = (60, 60)  # to connect and until a block is taken; between bytes of the answer
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
BROKEN_OFF = (ConnectionError, RequestException, ServerError, TooManyRequests)


class Session:
    """Sends one file; `begin` gives the address of a new session, which the client opens."""

    def __init__(
        self, http: Any, begin: Callable[[], str], path: Path, retry: Retry, on_bytes: Callable[[int], None]
    ) -> None:
        self._http, self._begin, self._retry = http, begin, retry
        self._path, self._bytes = path, path.stat().st_size
        self._on_bytes, self._told = on_bytes, 0
        self._url: str | None = None
        self._arrived = 0

    def send(self, crc32c: str) -> str:
        """The object's CRC32C, as the store computed it.

        Raises what the last attempt met, when nothing more has arrived for as long as `retry` goes on.
        """
        most, until, waits = -1, 0.0, iter(())
        while True:
            try:
                return self._send_rest()
            except BROKEN_OFF:
                if self._retry(self._ask)() == crc32c:
                    return crc32c
                if self._arrived > most:
                    most, until = self._arrived, time.monotonic() + (self._retry.timeout or 0.0)
                    waits = exponential_sleep_generator(FIRST_WAIT_S, LONGEST_WAIT_S)
                elif time.monotonic() > until:
                    raise
                time.sleep(next(waits))

    def _send_rest(self) -> str:
        if self._url is None:
            self._url, self._arrived = self._begin(), 0
        rest = _Rest(self._path, self._arrived, self._tell)
        if not rest:
            raise ConnectionError("all of it has arrived and is no object yet")
        answer = self._put(f"bytes {self._arrived}-{self._bytes - 1}/{self._bytes}", rest)
        if answer.status_code in (PERMANENT_REDIRECT, NOT_FOUND, GONE):
            raise ConnectionError("some of it has not arrived")
        return _crc32c(answer)

    def _ask(self) -> str | None:
        """The CRC32C of the object, if it is one by now; notes what has arrived, and where nothing will."""
        if self._url is None:
            return None
        answer = self._put(f"bytes */{self._bytes}", None)
        if answer.status_code == PERMANENT_REDIRECT:
            last = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("Range", ""))
            self._arrived = int(last[1]) + 1 if last else 0
            return None
        found = None if answer.status_code in (NOT_FOUND, GONE) else _crc32c(answer)
        self._url = None  # forgotten, or ended: by emulators before all of it has arrived
        return found

    def _put(self, extent: str, content: "_Rest | None") -> Any:
        headers = {"Content-Range": extent}
        return self._http.put(self._url, data=content, headers=headers, timeout=SENDING_TIMEOUT_S)

    def _tell(self, sent: int) -> None:
        """Tells of what was never sent before."""
        if sent > self._told:
            self._on_bytes(sent - self._told)
            self._told = sent


class _Rest:
    """A file from `start` on as the body of a request, read again whenever it is sent."""

    def __init__(self, path: Path, start: int, on_sent: Callable[[int], None]) -> None:
        self._path, self._start, self._on_sent = path, start, on_sent

    def __len__(self) -> int:
        return self._path.stat().st_size - self._start

    def __iter__(self) -> Iterator[bytes]:
        with self._path.open("rb", buffering=0) as stream:
            stream.seek(self._start)
            while block := stream.read(BLOCK_BYTES):
                yield block
                self._on_sent(stream.tell())


def crc32c_of(path: Path) -> str:
    """CRC32C of a file, as the store writes it."""
    checksum = Checksum()
    with path.open("rb", buffering=0) as stream:
        deque(checksum.consume(stream, BLOCK_BYTES), maxlen=0)
    return b64encode(checksum.digest()).decode()


def _crc32c(answer: Any) -> str:
    if not answer.ok:
        raise from_http_response(answer)
    return str(answer.json()["crc32c"])
