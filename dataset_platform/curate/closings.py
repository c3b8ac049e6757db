"""Closing lines that a source repeats under many conversations, told by digests: no text of them is kept."""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from hashlib import blake2b

import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, Turns

_LINES = 3
_SHORTEST, _LONGEST = 12, 300
# A question, a list item and a number to call in need are content, however often they are repeated.
_CONTENT = re.compile(
    r"[?\uff1f:]\s*\Z|^(?:[-*•]|\d+[.)]) |\b(?:988|911|999|112|741741)\b"
    r"|crisis|suicid|emergenc|hot ?line|help ?line|life ?line|samaritans",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Closing:
    """A text without its closing, and the closing's digest; None where it has none."""

    before: str
    digest: int | None


def closing_of(text: str, digests: Set[int]) -> Closing:
    """The longest closing of the text, one to three lines, that is among the digests."""
    for before, digest in reversed(list(_closings(text))):
        if digest in digests:
            return Closing(before, digest)
    return Closing(text, None)


def closings_of(turns: Turns) -> pa.Array:
    """Digests of everything that might be a closing in each conversation; each once, sorted."""
    found: list[set[int]] = [set() for _ in range(turns.n_rows)]
    lined = pc.match_substring(turns.contents, "\n")
    rows = turns.rows[lined.to_numpy(zero_copy_only=False)]
    for row, text in zip(rows.tolist(), turns.contents.filter(lined).to_pylist(), strict=True):
        found[row].update(digest for _, digest in _closings(text))
    return pa.array([sorted(digests) for digests in found], pa.large_list(pa.uint64()))


def has_lines(column: StringColumn) -> pa.BooleanArray:
    """Where a text as read may have more than one line once it is clean."""
    return pc.match_substring_regex(column, r"[\n\r\x0b\x0c\x{85}\x{2028}\x{2029}]|<[a-zA-Z/]|&[#\w]+;")


def _closings(text: str) -> Iterator[tuple[str, int]]:
    """What may be a closing of the text, shortest first: what stands before it, and its digest."""
    end = len(text)
    for _ in range(_LINES):
        end = len(text[: max(text.rfind("\n", 0, end), 0)].rstrip())
        closing = text[end:].strip()
        if not end or len(closing) > _LONGEST:
            return
        if len(closing) >= _SHORTEST and not _CONTENT.search(closing):
            yield text[:end], int.from_bytes(blake2b(closing.encode(), digest_size=8).digest())
