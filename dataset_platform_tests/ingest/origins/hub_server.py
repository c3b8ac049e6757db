"""As much of the Hugging Face Hub as its client asks for, on a loopback port."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote, urlsplit

from dataset_platform_tests.ingest.origins.serving import served

LFS_FROM_BYTES = 10_000


class Hub:
    """Commits of one dataset: the content of every file by its name. `is_down` answers nothing but 503."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self.commits: dict[str, dict[str, bytes]] = {}
        self.branches: dict[str, str] = {}
        self.requests: list[tuple[str, str]] = []
        self.damaged: set[str] = set()
        self.url = ""
        self.is_down = False

    def commit(self, files: dict[str, bytes], branch: str = "main") -> str:
        digest = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()
        self.commits[digest] = files
        self.branches[branch] = digest
        return digest

    @property
    def downloads(self) -> list[str]:
        return [
            path.rpartition("/")[2]
            for method, path in self.requests
            if method == "GET" and "/resolve/" in path
        ]


def is_lfs(content: bytes) -> bool:
    return len(content) >= LFS_FROM_BYTES


def git_digest(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def etag(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest() if is_lfs(content) else git_digest(content)


@contextmanager
def serving_hub(dataset: str) -> Iterator[Hub]:
    hub = Hub(dataset)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.requests.append((self.command, path))
            if hub.is_down:
                self._answer(503, {}, b"")
            elif found := re.fullmatch(rf"/api/datasets/{dataset}(?:/revision/(.+))?", path):
                self._revision(found[1] or "main")
            elif found := re.fullmatch(rf"/api/datasets/{dataset}/tree/([^/]+)/?", path):
                self._tree(found[1])
            elif found := re.fullmatch(rf"/datasets/{dataset}/resolve/([^/]+)/(.+)", path):
                self._file(found[1], found[2])
            else:
                self._answer(404, {"X-Error-Code": "RepoNotFound"}, b"")

        def _revision(self, revision: str) -> None:
            commit = hub.branches.get(revision, revision)
            if commit in hub.commits:
                self._json({"id": dataset, "sha": commit, "private": False, "tags": [], "siblings": []})
            else:
                self._answer(404, {"X-Error-Code": "RevisionNotFound"}, b"")

        def _tree(self, commit: str) -> None:
            if commit not in hub.commits:
                self._answer(404, {"X-Error-Code": "RevisionNotFound"}, b"")
                return
            self._json([self._entry(name, content) for name, content in hub.commits[commit].items()])

        def _entry(self, name: str, content: bytes) -> dict[str, object]:
            entry = {"type": "file", "path": name, "size": len(content), "oid": git_digest(content)}
            if is_lfs(content):
                lfs = {"oid": etag(content), "size": len(content), "pointerSize": 130}
                entry["lfs"] = lfs
            return entry

        def _file(self, commit: str, name: str) -> None:
            content = hub.commits[commit][name]
            headers = {"ETag": f'"{etag(content)}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
            if is_lfs(content):
                headers |= {"X-Linked-Etag": f'"{etag(content)}"', "X-Linked-Size": str(len(content))}
            sent = content[::-1] if name in hub.damaged else content
            self._answer(200, headers, sent)

        def _json(self, document: object) -> None:
            self._answer(200, {"Content-Type": "application/json"}, json.dumps(document).encode())

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_) -> None: ...

    with served(Handler) as hub.url:
        yield hub
