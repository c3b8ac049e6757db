"""Memory that a run can have."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

CGROUP, OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_NO_LIMIT = 2**60  # cgroup v1 says so by a number that no machine has


class _Files(NamedTuple):
    """Where a control group says how much it may take, has taken, and could give back."""

    limit: str
    taken: str
    idle: str


_V2 = _Files("memory.max", "memory.current", "inactive_file")
_V1 = _Files("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def available(cgroup: Path = CGROUP) -> int:
    """Bytes that are free, within the limit of the container where there is one."""
    left = allowance(cgroup)
    return free() if left is None else min(free(), left)


def free() -> int:
    """Bytes that this machine could give to a process without swapping."""
    return int(psutil.virtual_memory().available)


def allowance(cgroup: Path = CGROUP) -> int | None:
    """Bytes that this process may still take by its control groups; None where none has a limit.

    Cached files that nobody reads count as free, as Kubernetes counts them: the kernel drops them first.
    """
    found = (_left(folder, files) for folder, files in _groups(cgroup))
    return min((left for left in found if left is not None), default=None)


def _groups(cgroup: Path) -> Iterator[tuple[Path, _Files]]:
    """The groups of this process and those around them; in a container these are the root's alone."""
    try:
        lines = OWN_GROUPS.read_text().splitlines()
    except OSError:
        lines = []
    for _, controllers, path in (line.split(":", 2) for line in ["0::/", "1:memory:/", *lines]):
        if not controllers:
            root, files = cgroup, _V2
        elif "memory" in controllers.split(","):
            root, files = cgroup / "memory", _V1
        else:
            continue
        own = root / path.strip("/")
        yield from ((folder, files) for folder in (own, *own.parents) if folder.is_relative_to(root))


def _left(folder: Path, files: _Files) -> int | None:
    try:
        limit = (folder / files.limit).read_text().strip()
        taken = int((folder / files.taken).read_text())
        of_kind = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except OSError:
        return None
    if limit == "max" or int(limit) >= _NO_LIMIT:
        return None
    return int(limit) - taken + int(of_kind.get(files.idle, 0))
