"""Globs that match the files of a source and no others."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from dataset_platform.ingest.landing import glob_pattern

_COMPRESSED = {".gz", ".zst"}
_DIGITS = re.compile(r"[0-9]+")


def suffix(name: str) -> str:
    """How a name ends, with what stands before a compression's ending: `.jsonl.gz`."""
    path = PurePosixPath(name)
    if path.suffix.lower() in _COMPRESSED:
        return PurePosixPath(path.stem).suffix + path.suffix
    return path.suffix


def globs_for(chosen: Sequence[str], others: Sequence[str]) -> list[str]:
    """The widest globs that match every chosen name and none of the others; names are below the source."""
    for globs in (_by_suffix(chosen), _by_family(chosen)):
        patterns = [glob_pattern(glob) for glob in globs]
        if not any(pattern.fullmatch(name) for pattern in patterns for name in others):
            return globs
    return sorted(chosen)


def _by_suffix(chosen: Sequence[str]) -> list[str]:
    deep = {suffix(name) for name in chosen if "/" in name}
    return sorted({f"**/*{ending}" if ending in deep else f"*{ending}" for ending in map(suffix, chosen)})


def _by_family(chosen: Sequence[str]) -> list[str]:
    """Files that are numbered, such as `dialogues_001.json`, in their folders."""
    paths = map(PurePosixPath, chosen)
    return sorted({str(path.with_name(_DIGITS.sub("*", path.name))) for path in paths})
