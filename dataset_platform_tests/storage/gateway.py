"""Google Cloud Storage as it takes uploads, in front of fake-gcs-server, which forgets what breaks off."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests


class Gateway(ThreadingHTTPServer):
    """Keeps what arrived of an upload before its connection broke, and says how much that is.

    `breaks` are the bytes after which one upload after another breaks, `received` all that came of uploads,
    and `begun` is what their senders said of the objects. Unless it `keeps` them, it forgets as that server.
    So many questions are answered with its being `busy`.
    """

    def __init__(self, upstream: str, breaks: list[int], keeps: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream, self.breaks, self.keeps = upstream, breaks, keeps
        self.received, self.busy = 0, 0
        self.kept: dict[str, int] = {}
        self.begun: list[dict[str, object]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def running(self) -> Iterator["Gateway"]:
        thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()
            thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    server: Gateway
    protocol_version = "HTTP/1.1"

    def handle_request(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        extent = self.headers.get("Content-Range", "")
        sent = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", extent)
        if sent and self.server.breaks:
            self._break_off(int(sent[1]), int(sent[2]), self.server.breaks.pop(0))
        elif extent.startswith("bytes */") and self.server.keeps:
            self._tell(self.server.kept[self.path])
        else:
            content = self._read(size, sent is not None)
            if self.command == "POST" and "uploadType=resumable" in self.path:
                self.server.begun.append(json.loads(content))
            self._answer(self._pass_on(content))

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_request  # noqa: N815  as the base class wants

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _read(self, size: int, uploaded: bool) -> bytes:
        content = self.rfile.read(size)
        self.server.received += len(content) if uploaded else 0
        return content

    def _break_off(self, start: int, total: int, size: int) -> None:
        content = self._read(size, True)
        if content and self.server.keeps:
            self._pass_on(content, {"Content-Range": f"bytes {start}-{start + size - 1}/{total}"})
        self.server.kept[self.path] = start + size
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _tell(self, kept: int) -> None:
        self.send_response(503 if self.server.busy else 308)
        self.server.busy = max(0, self.server.busy - 1)
        if kept:
            self.send_header("Range", f"bytes=0-{kept - 1}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _pass_on(self, content: bytes, headers: dict[str, str] | None = None) -> requests.Response:
        given = {name: value for name, value in self.headers.items() if name != "Content-Length"}
        return requests.request(
            self.command,
            self.server.upstream + self.path,
            data=content,
            headers=given | (headers or {}),
            allow_redirects=False,
            timeout=10,
        )

    def _answer(self, answer: requests.Response) -> None:
        self.send_response(answer.status_code)
        for name in ("Location", "Range", "Content-Type"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)
