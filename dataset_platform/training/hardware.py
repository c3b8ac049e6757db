"""What a run ran on, and how much memory it took: facts for manifests and reports."""

import os
import platform
import resource
import sys
from importlib.metadata import version
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict

PACKAGES = ("torch", "transformers", "tokenizers", "lightning", "peft", "safetensors")


class Hardware(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

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


def package_versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def peak_rss_bytes() -> int:
    """Highest resident memory of this process since it started: an upper bound for any part of it."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
