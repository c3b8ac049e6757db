"""`bench storage`: a release and many small objects, written to each backend and read back."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dataset_platform.bench import storage_contestants
from dataset_platform.bench.backends import Backend
from dataset_platform.bench.buckets import gcs_bucket, gcs_requests, s3_bucket, s3_requests
from dataset_platform.bench.contestant import Case, Contestant, Facts, Outcome, Task
from dataset_platform.bench.findings import at_least, at_most, find, peak_gb, ratio
from dataset_platform.bench.folders import Folder, emptied, release_like, sha256s, small_objects
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.race import chosen, race
from dataset_platform.bench.report import Report
from dataset_platform.bench.servers import Server, gcs_server, s3_server
from dataset_platform.progress import Progress

SCRIPT = Path(storage_contestants.__file__)
LIMIT_S = 300.0


PLAIN = {Backend.LOCAL: "raw disk", Backend.S3: "boto3", Backend.GCS: "google-cloud-storage"}
"""What ours is held against on each backend."""


@dataclass(frozen=True)
class Place:
    """A backend that runs: how tasks find it, and how requests to one of its buckets are counted."""

    backend: Backend
    kind: str
    server: Server | None = None
    bucket: Callable[[Server], AbstractContextManager[str]] | None = None
    requests: Callable[[Server, str], int] | None = None

    @contextmanager
    def setting(self) -> Iterator[Task]:
        """For one run, an empty bucket of its own."""
        if self.server is None or self.bucket is None:
            yield {}
            return
        with self.bucket(self.server) as name:
            yield {"bucket": name, "url": self.server.url}


def storage_report(
    folder: Path,
    size: int,
    backends: Sequence[Backend],
    rounds: int,
    only: Sequence[str],
    peers: Path,
    progress: Progress,
) -> Report:
    """Races the contestants on servers that run for that long; what they wrote is removed."""
    with progress.task("files to write"):
        folders = [release_like(size, folder / "folders"), small_objects(folder / "folders")]
    competing = chosen(list({c.name: c for b in Backend for c in contestants(b, peers)}.values()), only)
    names = {contestant.name for contestant in competing}
    machine = this_machine()
    outcomes: list[Outcome] = []
    for backend in backends:
        with running(backend, folder / "work") as place:
            here = [contestant for contestant in contestants(backend, peers) if contestant.name in names]
            cases = [case(contestant, place, files) for files in folders for contestant in here]
            outcomes += race(cases, rounds, folder / "work", progress, LIMIT_S)
    about = [f"{files.name}: {files}" for files in folders]
    about.append("servers, clients and disk share this machine; what was just written is read from memory")
    return Report("storage", machine, rounds, outcomes, about, findings(outcomes, folders))


def contestants(backend: Backend, peers: Path = Path(sys.executable)) -> list[Contestant]:
    """Ours in this Python, then the peers in theirs."""

    def peer(name: str, function: str, *packages: str) -> Contestant:
        return Contestant(name, SCRIPT, function, packages, peers)

    ours = Contestant("ours", SCRIPT, "ours", ("obstore",), ours=True)
    raw = Contestant("raw disk", SCRIPT, "raw_disk")
    match backend:
        case Backend.LOCAL:
            return [ours, raw]
        case Backend.S3:
            return [
                ours,
                peer("boto3", "boto3_transfer", "boto3"),
                peer("obstore", "obstore_raw", "obstore"),
                peer("s3fs", "fsspec_copy", "s3fs"),
                peer("UPathIOManager", "upath_objects", "universal-pathlib", "s3fs"),
            ]
        case Backend.GCS:
            return [
                ours,
                peer("google-cloud-storage", "google_client", "google-cloud-storage"),
                peer("obstore", "obstore_raw", "obstore"),
                peer("gcsfs", "fsspec_copy", "gcsfs"),
                peer("UPathIOManager", "upath_objects", "universal-pathlib", "gcsfs"),
            ]


@contextmanager
def running(backend: Backend, folder: Path) -> Iterator[Place]:
    """The backend, with its server where it has one."""
    with ExitStack() as stack:
        match backend:
            case Backend.LOCAL:
                yield Place(backend, "file")
            case Backend.S3:
                home = stack.enter_context(emptied(folder / "s3"))
                yield Place(backend, "s3", stack.enter_context(s3_server(home)), s3_bucket, s3_requests)
            case Backend.GCS:
                home = stack.enter_context(emptied(folder / "gcs"))
                yield Place(backend, "gs", stack.enter_context(gcs_server(home)), gcs_bucket, gcs_requests)


def case(contestant: Contestant, place: Place, files: Folder) -> Case:
    return Case(
        contestant,
        workload=f"{place.backend}, {files.name}",
        task={"kind": place.kind, "input": str(files.path)},
        bytes=files.bytes,
        audit=partial(audit, place, files),
        environment=place.server.environment if place.server else {},
        setting=place.setting,
    )


def audit(place: Place, files: Folder, task: Task) -> Facts:
    """Files that came back as they were, and the requests that it took."""
    found = sha256s(Path(task["out"], "read"))
    intact = sum(found.get(name) == sha256 for name, sha256 in files.sha256s.items())
    facts: dict[str, int | str] = {"files": files.count, "intact": intact}
    if place.server and place.requests:
        facts["requests"] = place.requests(place.server, task["bucket"])
    return facts


def findings(outcomes: Sequence[Outcome], folders: Sequence[Folder]) -> list[str]:
    """The targets, each with what was measured."""
    release, small = folders
    lines: list[str] = []
    for backend in (Backend.S3, Backend.GCS):
        for part in ("write", "read"):
            lines += _speed(outcomes, backend, release, part, PLAIN[backend], 0.95)
            lines += _speed(outcomes, backend, small, part, PLAIN[backend], 4.0)
            lines += _speed(
                outcomes, backend, release, part, "s3fs" if backend is Backend.S3 else "gcsfs", 1.0
            )
        ours = find(outcomes, "ours", f"{backend}, {release.name}")
        lines += at_most(f"ours on {backend}, {release.name}, peak GB:", peak_gb(ours), 0.25)
    return lines


def _speed(
    outcomes: Sequence[Outcome], backend: Backend, files: Folder, part: str, peer: str, target: float
) -> list[str]:
    """How many times as fast as the peer ours is."""
    workload = f"{backend}, {files.name}"
    ours, other = (find(outcomes, name, workload) for name in ("ours", peer))
    return at_least(
        f"{workload}, {part}: ours against {peer}, times as fast:", ratio(other, ours, part), target
    )
