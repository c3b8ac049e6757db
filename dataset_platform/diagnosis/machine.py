"""Disk, memory and GPU of this machine."""

import shutil
import tempfile
from pathlib import Path

import torch

from dataset_platform import memory
from dataset_platform.diagnosis.finding import Finding, failed, ok, warning

GIB = 1 << 30
# The unpacked base model takes 0.6 GB; a large release takes some GB at each step.
DISK_NEEDED, DISK_COMFORTABLE = 1 * GIB, 10 * GIB
# Training the packaged model takes about 3 GB, cleaning about 1 GB.
MEMORY_NEEDED, MEMORY_COMFORTABLE = 1 * GIB, 4 * GIB


def free_disk(what: str, folder: Path) -> Finding:
    """Free bytes where `folder` lies, or will lie."""
    free = shutil.disk_usage(_lowest_there(folder)).free
    detail = f"{_gib(free)} free for {folder}"
    check = f"disk for {what}"
    if free < DISK_NEEDED:
        return failed(check, detail, f"free {_gib(DISK_NEEDED)} there, or choose another place")
    if free < DISK_COMFORTABLE:
        return warning(check, detail, f"a large release needs {_gib(DISK_COMFORTABLE)}")
    return ok(check, detail)


def cache_write(folder: Path) -> Finding:
    """Whether a file can be written where the cache lies, or will lie; none is left there."""
    try:
        with tempfile.TemporaryFile(dir=_lowest_there(folder), buffering=0) as probe:
            probe.write(b"probe")
    except OSError as error:
        remedy = "let this user write there, or set DATASET_CACHE_DIR to another folder"
        return failed("cache write", f"{folder}: {error.strerror}", remedy)
    return ok("cache write", f"{folder} can be written")


def free_memory(cgroup: Path = memory.CGROUP) -> Finding:
    """Memory that a run can have: what is available, within the limit of the container if there is one."""
    available, allowance = memory.free(), memory.allowance(cgroup)
    detail = f"{_gib(available)} available"
    if allowance is not None and allowance < available:
        available, detail = allowance, f"{_gib(allowance)} left of the container's limit"
    if available < MEMORY_NEEDED:
        return failed("memory", detail, f"close other programs; runs need {_gib(MEMORY_NEEDED)}")
    if available < MEMORY_COMFORTABLE:
        return warning("memory", detail, f"training needs {_gib(MEMORY_COMFORTABLE)}")
    return ok("memory", detail)


def graphics_card(device: Path = Path("/dev/nvidiactl")) -> Finding:
    """The GPU that training would take; a machine without one is well."""
    if torch.cuda.is_available():
        return ok("GPU", torch.cuda.get_device_name())
    if device.exists():
        return warning(
            "GPU",
            f"there is one, but torch {torch.__version__} cannot use it",
            "install the CUDA build of torch: leave TORCH_INDEX unset and run `make setup` anew",
        )
    return ok("GPU", "none; training runs on the CPU")


def _lowest_there(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def _gib(count: int) -> str:
    return f"{count / GIB:.1f} GiB"
