"""Files from web addresses: resumed where they broke off, and verified by their SHA-256."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx
import stamina
from filelock import FileLock
from stamina.instrumentation import set_on_retry_hooks

from dataset_platform.errors import FetchFailed, UsageError, VerificationFailed
from dataset_platform.ingest.origins.description import WebFile, WebOrigin
from dataset_platform.ingest.origins.means import Fetched, Means, chosen
from dataset_platform.storage.files import sha256_of

TIMEOUT = httpx.Timeout(60, connect=15)
ATTEMPTS = 8
LONGEST_WAIT_S = 20
MOST_REDIRECTS = 5
WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})

set_on_retry_hooks([])  # stamina would print what it retries, address included, to standard output


class _Unavailable(Exception):
    """The server did not do it this time and may do it the next."""


def fetch_web(origin: WebOrigin, source: str, means: Means) -> list[Fetched]:
    """Every file of the origin, sorted by name; those without a digest are fetched, too."""
    files = {file.landing_name: file for file in origin.urls}
    names = chosen(source, ("**",), [file.landing_name for file in origin.urls])
    fetched: list[Fetched] = []
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
        for name in names:
            there = sum(file.path.stat().st_size for file in fetched)
            fetched.append(_Download(client, name, files[name], means, there).result())
    return fetched


def shown(url: str) -> str:
    """The address without what may be secret in it: its query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class _Download:
    """One file on its way: `partial` grows, and beside it lies what the server calls this version of it."""

    def __init__(self, client: httpx.Client, name: str, file: WebFile, means: Means, bytes_before: int):
        self.client, self.name, self.file, self.means = client, name, file, means
        self.bytes_before = bytes_before
        self.kept = means.cache / "files"
        self.partial = self.kept / f"{hashlib.sha256(file.url.encode()).hexdigest()}.partial"
        self.version = self.partial.with_suffix(".version")

    def result(self) -> Fetched:
        """The verified file, from the cache if it is there.

        Raises FetchFailed when the server does not give it, VerificationFailed when it gives other bytes.
        """
        self.kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        wanted = self.file.sha256
        with FileLock(self.partial.with_suffix(".lock")):
            if wanted and (self.kept / wanted).exists() and sha256_of(self.kept / wanted) == wanted:
                return Fetched(self.name, self.kept / wanted, wanted)
            self._receive_with_patience()
            found = sha256_of(self.partial)
            self.version.unlink(missing_ok=True)
            if wanted and found != wanted:
                self.partial.unlink()
                raise VerificationFailed(
                    f"{shown(self.file.url)}: the bytes received have SHA-256 {found}, but {wanted} is "
                    "pinned; `--pin` prints the new pin, if the change is right"
                )
            os.replace(self.partial, self.kept / found)
            return Fetched(self.name, self.kept / found, found)

    def _receive_with_patience(self) -> None:
        try:
            for attempt in stamina.retry_context(
                on=(_Unavailable, httpx.TransportError),
                attempts=ATTEMPTS,
                timeout=None,
                wait_max=LONGEST_WAIT_S,
            ):
                with attempt:
                    self._receive()
        except (_Unavailable, httpx.TransportError) as error:
            raise FetchFailed(
                f"{shown(self.file.url)}: {_reason(error)} after {ATTEMPTS} attempts; "
                "the same command goes on from there"
            ) from None

    def _receive(self) -> None:
        there = self.partial.stat().st_size if self.version.exists() and self.partial.exists() else 0
        headers = {"Accept-Encoding": "identity"}
        if there:
            headers |= {"Range": f"bytes={there}-", "If-Range": self.version.read_text()}
        with self._answered(headers) as answer:
            if answer.status_code == 416:  # what lies here is no beginning of what lies there
                self.version.unlink()
                raise _Unavailable("HTTP 416")
            goes_on = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(
                f"bytes {there}-"
            )
            if not goes_on:
                there = 0
                self._remember_version(answer)
            length = answer.headers.get("Content-Length", "")
            total = there + int(length) if length.isdecimal() else None
            self._write(answer, there, total)

    def _write(self, answer: httpx.Response, there: int, total: int | None) -> None:
        self.means.require_room(shown(self.file.url), self.bytes_before + (total or 0))
        with self.partial.open("r+b" if there else "wb") as target:
            target.seek(there)
            for chunk in answer.iter_raw():
                there += len(chunk)
                self.means.require_room(shown(self.file.url), self.bytes_before + there)
                target.write(chunk)
                self.means.on_file(self.name, there, total)

    def _remember_version(self, answer: httpx.Response) -> None:
        """A weak ETag may name other bytes, so that nothing could be resumed by it."""
        tag = answer.headers.get("ETag", "")
        version = tag if tag.startswith('"') else answer.headers.get("Last-Modified")
        self.version.unlink(missing_ok=True)
        if version:
            self.version.write_text(version)

    @contextmanager
    def _answered(self, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """The answer of the last of a chain of redirects. Raises FetchFailed for a refusal."""
        url = httpx.URL(self.file.url)
        _require_safe(url, self.means.allow_http)
        for _ in range(MOST_REDIRECTS + 1):
            with self.client.stream("GET", url, headers=headers) as answer:
                if answer.next_request is None:
                    self._require_success(answer.status_code)
                    yield answer
                    return
                url = self._allowed(answer.next_request.url, url)
        raise FetchFailed(f"{shown(self.file.url)}: more than {MOST_REDIRECTS} redirects")

    def _allowed(self, target: httpx.URL, url: httpx.URL) -> httpx.URL:
        """Where a redirect leads: by https, or as openly as the address before was."""
        if target.scheme != "https" and (url.scheme == "https" or target.scheme != "http"):
            raise FetchFailed(f"{shown(self.file.url)}: redirects to {target.scheme}, not to https")
        _require_safe(target, self.means.allow_http)
        return target

    def _require_success(self, status: int) -> None:
        if status in WORTH_ANOTHER_TRY:
            raise _Unavailable(f"HTTP {status}")
        if status not in (200, 206, 416):
            raise FetchFailed(f"{shown(self.file.url)}: HTTP {status}")


def _reason(error: Exception) -> str:
    if isinstance(error, _Unavailable):
        return str(error)
    if isinstance(error, httpx.ReadTimeout):
        return f"no bytes for {TIMEOUT.read:g} s"
    return "no connection" if isinstance(error, httpx.ConnectError) else type(error).__name__


def _require_safe(url: httpx.URL, allow_http: bool) -> None:
    if url.scheme == "https" or allow_http or _is_loopback(url.host):
        return
    raise UsageError(
        f"{shown(str(url))}: plain http can be read and changed on its way; use https, or --allow-http"
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
