"""What a run runs on, how fast that can be, and how much memory it took: facts for manifests and reports."""

import os
import platform
import resource
import sys
from importlib.metadata import version
from pathlib import Path

import torch

from dataset_platform import memory
from dataset_platform.training.config import Frozen, Precision

PACKAGES = ("torch", "transformers", "tokenizers", "lightning", "peft", "safetensors")
# Dense peak in FLOP/s by a part of the device's name, from NVIDIA's data sheets: bf16, and fp32 without TF32.
PEAKS = {
    "H200": (989e12, 67e12),
    "H100 PCIe": (756e12, 51e12),
    "H100": (989e12, 67e12),
    "A100": (312e12, 19.5e12),
    "L40S": (362e12, 91.6e12),
    "L4": (121e12, 30.3e12),
    "A10": (125e12, 31.2e12),
}


class Hardware(Frozen):
    processor: str
    cores: int
    threads: int
    accelerator: str | None
    system: str


def describe_hardware() -> Hardware:
    return Hardware(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1,
        threads=torch.get_num_threads(),
        accelerator=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        system=f"{platform.system()} {platform.machine()}",
    )


def peak_flops(device: torch.device, precision: Precision) -> float | None:
    """FLOP/s of one device in dense products, None where no data sheet is known: for every CPU."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    known = next((peak for part, peak in PEAKS.items() if part in name), None)
    return known and known[precision is Precision.FP32]


def best_device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def available_bytes(device: torch.device) -> int:
    """Memory that a run could take on the device now."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return memory.available()


def package_versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def peak_rss_bytes() -> int:
    """Highest resident memory of this process since it started: an upper bound for any part of it."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def peak_device_bytes() -> int | None:
    """Highest memory that tensors took on this process's GPU; None without one."""
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
