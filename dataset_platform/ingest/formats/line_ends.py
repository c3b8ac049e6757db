"""Lines that end as they did on old Macs, in a carriage return alone."""

import re
from pathlib import Path

MIXED_ENDS = "has a carriage return inside, where other lines end in line feeds: end all lines alike"

_INNER_RETURN = re.compile(rb"\r(?!\n|\Z)")
_CHUNK_BYTES = 2**16


def ends_lines_with_returns(path: Path) -> bool:
    """Whether a file has carriage returns and not one line feed; looks no further than the first of these."""
    has_returns = False
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            if b"\n" in chunk:
                return False
            has_returns = has_returns or b"\r" in chunk
    return has_returns


def has_inner_return(line: bytes) -> bool:
    """Whether a carriage return stands where it may have been meant to end the line."""
    return _INNER_RETURN.search(line) is not None


def with_line_feeds(path: Path, target: Path) -> None:
    """Writes the file to `target` with a line feed for each carriage return; every byte keeps its place."""
    with path.open("rb") as stream, target.open("wb") as out:
        while chunk := stream.read(_CHUNK_BYTES):
            out.write(chunk.replace(b"\r", b"\n"))
