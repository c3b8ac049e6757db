"""What can be wrong with a release."""

from dataclasses import dataclass
from enum import StrEnum


class Problem(StrEnum):
    MANIFEST = "manifest"
    MISSING = "missing"
    EXTRA = "extra"
    TRUNCATED = "truncated"
    GROWN = "grown"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    ROWS = "rows"
    CONTRACT = "contract"
    COUNTS = "counts"
    ATTACHMENT = "attachment"
    SIGNATURE = "signature"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with one file; `detail` says what was expected and found."""

    file: str
    problem: Problem
    detail: str

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}: {self.detail}"
