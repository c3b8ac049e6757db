"""The bounded start of a file, laid down as a file of its own: all that sniffing sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dataset_platform.ingest.landing import LandedFile, fetched

HEAD_BYTES = 2**20


@dataclass(frozen=True)
class Head:
    """The start of a file's text; `whole` when that is all of it."""

    file: LandedFile
    raw: bytes
    whole: bool


@contextmanager
def head_of(file: LandedFile) -> Iterator[Head]:
    """The file's first MiB under the name `sniffed/head`, until the block ends."""
    with fetched(file).open("rb") as stream:
        raw = stream.read(HEAD_BYTES)
        whole = not stream.read(1)
    with TemporaryDirectory(prefix="dataset-platform-sniff-") as folder:
        path = Path(folder, "sniffed", "head")
        path.parent.mkdir()
        path.write_bytes(raw)
        yield Head(LandedFile.at("sniffed/head", path), raw, whole)
