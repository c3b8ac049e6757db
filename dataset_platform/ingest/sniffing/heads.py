"""The bounded start of a file, which is all that sniffing sees of it."""

from typing import NamedTuple

from dataset_platform.ingest.landing import LandedFile

HEAD_BYTES = 2**20


class Head(NamedTuple):
    raw: bytes
    whole: bool
    """Whether the file ends here."""


def read_head(file: LandedFile) -> Head:
    with file.path.open("rb") as stream:
        raw = stream.read(HEAD_BYTES)
        return Head(raw, not stream.read(1))
