"""Memory that a run can have."""

from pathlib import Path

import psutil

CGROUP = Path("/sys/fs/cgroup")


def available(cgroup: Path = CGROUP) -> int:
    """Bytes that are free, within the limit of the container where there is one."""
    left = allowance(cgroup)
    return free() if left is None else min(free(), left)


def free() -> int:
    """Bytes that this machine could give to a process without swapping."""
    return int(psutil.virtual_memory().available)


def allowance(cgroup: Path = CGROUP) -> int | None:
    """Bytes that this container may still take (cgroup v2); None where there is no limit.

    Cached files that nobody reads count as free, as Kubernetes counts them: the kernel drops them first.
    """
    try:
        limit = (cgroup / "memory.max").read_text().strip()
        taken = int((cgroup / "memory.current").read_text())
        of_kind = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
    except OSError:
        return None
    return None if limit == "max" else int(limit) - taken + int(of_kind.get("inactive_file", 0))
