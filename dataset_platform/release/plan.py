"""What a release will hold, as it is decided before a row of text is read."""

from dataclasses import dataclass

from dataset_platform.release.licences import StrictestTerm
from dataset_platform.release.manifest import FileEntry, LedgerLine, LedgerReason
from dataset_platform.release.sampling import Quota


@dataclass(frozen=True)
class Accounts:
    """The ledger's file, and its sums."""

    file: FileEntry
    lines: tuple[LedgerLine, ...]
    reasons: tuple[LedgerReason, ...]


@dataclass(frozen=True)
class Plan:
    """The quotas of the draw, the strictest term of its rows, and how many of them at most stay together."""

    stages: tuple[Quota, ...]
    sources: tuple[Quota, ...]
    terms: StrictestTerm
    most_together: int
