"""A web server on a loopback port that cuts, stalls, redirects, fails and changes, as those on the web do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from dataset_platform_tests.ingest.origins.serving import served


@dataclass
class Page:
    """What a path gives. `cuts` are the bytes after which the connection breaks, once each; `stalls` those
    after which nothing more comes until the client hangs up, once each and before the cuts.
    """

    content: bytes = b""
    etag: str | None = '"1"'
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)  # answered first, once each
    redirect: str | None = None
    ranges: bool = True
    stalls: list[int] = field(default_factory=list)


class WebServer:
    """Pages by path, and every request that came: path, and the Range that was asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.requests: list[tuple[str, str | None]] = []
        self.url = ""

    def ranges(self, path: str) -> list[str | None]:
        return [asked for requested, asked in self.requests if requested == path]


@contextmanager
def serving() -> Iterator[WebServer]:
    web = WebServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            asked = self.headers.get("Range")
            web.requests.append((path, asked))
            page = web.pages.get(path, Page(statuses=[404] * 99))
            if page.statuses:
                self._answer(page.statuses.pop(0), {}, b"")
            elif page.redirect:
                self._answer(302, {"Location": page.redirect}, b"")
            else:
                self._give(page, asked)

        def _give(self, page: Page, asked: str | None) -> None:
            start = 0
            if asked and page.ranges and self.headers.get("If-Range") == page.etag:
                start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
            if start > len(page.content) or (start and start == len(page.content)):
                self._answer(416, {}, b"")
                return
            headers = {"ETag": page.etag} if page.etag else {}
            if start:
                last = len(page.content) - 1
                headers["Content-Range"] = f"bytes {start}-{last}/{len(page.content)}"
            stalls = bool(page.stalls)
            ends = page.stalls or page.cuts
            cut = ends.pop(0) if ends else None
            self._answer(206 if start else 200, headers, page.content[start:], cut, stalls)

        def _answer(self, status, headers, body, cut=None, stalls=False) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:cut])
            if cut is not None:
                self.wfile.flush()
                self.close_connection = True
            if stalls:
                self.connection.recv(1)  # nothing, once the client has hung up

        def log_message(self, *_) -> None: ...

    with served(Handler) as web.url:
        yield web
