"""Writes the sample sources into a landing area."""

import os
from importlib.resources import files
from pathlib import Path

from dataset_platform.samples.sample import Sample
from dataset_platform.samples.sources import compose


def lay_down(landing: Path, descriptions: Path, seed: int = 42) -> Sample:
    """What was planted, after writing `<landing>/<source>/<file>` and `<descriptions>/<source>.yaml`.

    The same seed gives the same bytes. A landing file is written only when its
    content differs, and whole or not at all. A description that exists stays
    as it is, for it may be the user's.
    """
    sources = compose(seed)
    for source in sources:
        for name, content in source.files.items():
            _write_if_different(landing / source.sample.name / name, content)
    for description in files(__package__).joinpath("sources").iterdir():
        target = descriptions / description.name
        if description.name.endswith(".yaml") and not target.exists():
            _write_if_different(target, description.read_bytes())
    return Sample(seed, {source.sample.name: source.sample for source in sources})


def _write_if_different(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Hidden while it grows, so that whoever watches the folder never reads half a file.
    growing = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    growing.write_bytes(content)
    growing.replace(path)
