"""`bench storage`: a release and many small objects, written to each backend and read back."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dataset_platform.bench import storage_contestants
from dataset_platform.bench.backends import Backend
from dataset_platform.bench.contestant import Case, Contestant, Facts, Outcome, Task
from dataset_platform.bench.findings import at_least, at_most, find, peak_gb, ratio
from dataset_platform.bench.folders import Folder, emptied, release_like, sha256s, small_objects
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.race import chosen, race
from dataset_platform.bench.report import Report
from dataset_platform.bench.servers import GCSServer, ObjectServer, S3Server
from dataset_platform.progress import Progress

SCRIPT = Path(storage_contestants.__file__)
LIMIT_S, SLOWEST_BYTES_PER_S = 100.0, 10e6
"""Who takes longer than both together is stopped: some clients go on asking a server that refuses them."""


PROTOCOLS = {Backend.LOCAL: "file", Backend.S3: "s3", Backend.GCS: "gs"}


@dataclass(frozen=True)
class Place:
    """A backend that runs, with its server where it has one."""

    backend: Backend
    server: ObjectServer | None = None

    @contextmanager
    def setting(self) -> Iterator[Task]:
        """For one run, an empty bucket of its own."""
        if self.server is None:
            yield {}
            return
        bucket = self.server.new_bucket()
        try:
            yield {"bucket": bucket, "url": self.server.url}
        finally:
            self.server.drop_bucket(bucket)


def storage_report(
    folder: Path,
    size: int,
    objects: int,
    backends: Sequence[Backend],
    rounds: int,
    only: Sequence[str],
    peers: Path | None,
    progress: Progress,
) -> Report:
    """Races the contestants on servers that run for that long; what they wrote is removed."""
    with progress.task("files to write"):
        folders = [release_like(size, folder / "folders"), small_objects(objects, folder / "folders")]
    competing = chosen(list({c.name: c for b in Backend for c in contestants(b, peers)}.values()), only)
    names = {contestant.name for contestant in competing}
    machine = this_machine()
    outcomes: list[Outcome] = []
    for backend in backends:
        with running(backend, folder / "work") as place:
            here = [contestant for contestant in contestants(backend, peers) if contestant.name in names]
            cases = [case(contestant, place, files) for files in folders for contestant in here]
            outcomes += race(cases, rounds, folder / "work", progress)
    about = [f"{files.name}: {files}" for files in folders]
    about.append("servers, clients and disk share this machine; what was just written is read from memory")
    return Report("storage", machine, rounds, outcomes, about, findings(outcomes, folders))


def contestants(backend: Backend, peers: Path | None = None) -> list[Contestant]:
    """Ours in this Python, then the peers in theirs."""

    def peer(name: str, function: str, *packages: str) -> Contestant:
        return Contestant(name, SCRIPT, function, packages, peers or Path(sys.executable))

    ours = Contestant("ours", SCRIPT, "ours", ("obstore",), ours=True)
    added = Contestant("ours, added", SCRIPT, "ours_add", ("obstore",))
    raw = Contestant("raw disk", SCRIPT, "raw_disk")
    match backend:
        case Backend.LOCAL:
            return [ours, raw]
        case Backend.S3:
            return [
                ours,
                added,
                peer("boto3", "boto3_transfer", "boto3"),
                peer("obstore", "obstore_raw", "obstore"),
                peer("s3fs", "fsspec_copy", "s3fs"),
                peer("UPathIOManager", "upath_io_manager", "dagster", "s3fs"),
            ]
        case Backend.GCS:
            return [
                ours,
                added,
                peer("google-cloud-storage", "google_client", "google-cloud-storage"),
                peer("obstore", "obstore_raw", "obstore"),
                peer("gcsfs", "fsspec_copy", "gcsfs"),
                peer("UPathIOManager", "upath_io_manager", "dagster", "gcsfs"),
            ]


@contextmanager
def running(backend: Backend, folder: Path) -> Iterator[Place]:
    """The backend, with its server where it has one."""
    if backend is Backend.LOCAL:
        yield Place(backend)
        return
    kind = S3Server if backend is Backend.S3 else GCSServer
    with emptied(folder / backend.value) as home, kind(home) as server:
        yield Place(backend, server)


def case(contestant: Contestant, place: Place, files: Folder) -> Case:
    return Case(
        contestant,
        workload=f"{place.backend}, {files.name}",
        task={"kind": PROTOCOLS[place.backend], "input": str(files.path)},
        bytes=files.bytes,
        audit=partial(audit, place, files),
        environment=place.server.credentials if place.server else {},
        setting=place.setting,
        limit_s=LIMIT_S + files.bytes / SLOWEST_BYTES_PER_S,
    )


def audit(place: Place, files: Folder, task: Task) -> Facts:
    """Files that came back as they were, and the requests that it took."""
    found = sha256s(Path(task["out"], "read"))
    intact = sum(found.get(name) == sha256 for name, sha256 in files.sha256s.items())
    facts: dict[str, int | str] = {"files": files.count, "intact": intact}
    if place.server:
        facts["requests"] = place.server.requests(task["bucket"])
    return facts


def findings(outcomes: Sequence[Outcome], folders: Sequence[Folder]) -> list[str]:
    """The targets, each with what was measured: a release is published, small objects are added."""
    release, small = folders
    lines: list[str] = []
    for backend, plain, fsspec in (
        (Backend.S3, "boto3", "s3fs"),
        (Backend.GCS, "google-cloud-storage", "gcsfs"),
    ):
        released, objects = (f"{backend}, {files.name}" for files in (release, small))
        for part in ("write", "read"):
            lines += _speed(outcomes, released, part, "ours", plain, 0.95)
            lines += _speed(outcomes, released, part, "ours, added", plain, 0.95)
            lines += _speed(outcomes, released, part, "ours", fsspec, 1.0)
            if backend is Backend.S3:
                lines += _speed(outcomes, objects, part, "ours, added", plain, 4.0)
        peak = peak_gb(find(outcomes, "ours", released))
        lines += at_most(f"{released}: ours, peak GB", peak, 0.25)
    return lines


def _speed(
    outcomes: Sequence[Outcome], workload: str, part: str, ours: str, peer: str, target: float
) -> list[str]:
    """How many times as fast as the peer ours is."""
    mine, other = (find(outcomes, name, workload) for name in (ours, peer))
    return at_least(
        f"{workload}, {part}: {ours} against {peer}, times as fast", ratio(other, mine, part), target
    )
