"""What a release will hold, as it is decided before a row of text is read."""

from dataclasses import dataclass

import polars as pl

from dataset_platform.release.licences import StrictestTerm
from dataset_platform.release.manifest import FileEntry, LedgerLine, LedgerReason
from dataset_platform.release.sampling import Draw


@dataclass(frozen=True)
class Accounts:
    """The ledger's file, and its sums."""

    file: FileEntry
    lines: tuple[LedgerLine, ...]
    reasons: tuple[LedgerReason, ...]


@dataclass(frozen=True)
class Plan:
    """The rows drawn with their splits, their records' numbers, and how many rows at most stay together."""

    drawn: Draw
    records: pl.Series
    terms: StrictestTerm
    most_together: int
