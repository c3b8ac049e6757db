"""Rows of an earlier reading, for files that did not change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.ingest.accounts import FileAccount


@dataclass(frozen=True)
class Previous:
    """The tables of an earlier reading with the same description and the same ingest version.

    The caller answers for that sameness: rows of files that did not change are copied from here.
    """

    records: Sequence[Path]
    quarantine: Sequence[Path]
    accounts: Sequence[FileAccount]


class EarlierRows:
    """The rows of each file in an earlier reading, where they lie together in the order of the accounts."""

    def __init__(self, previous: Previous | None) -> None:
        accounts = previous.accounts if previous else ()
        records = accumulate((account.kept for account in accounts), initial=0)
        rejected = accumulate((account.quarantined for account in accounts), initial=0)
        self._known = {
            (account.origin_file, account.origin_sha256): (account, first_record, first_rejected)
            for account, first_record, first_rejected in zip(accounts, records, rejected, strict=False)
        }
        self._names = {account.origin_file for account in accounts}
        self._records = _RowSequence(previous.records if previous else ())
        self._quarantine = _RowSequence(previous.quarantine if previous else ())

    def knows(self, origin_file: str) -> bool:
        """Whether a file of that name was read, be it with other bytes."""
        return origin_file in self._names

    def account(self, origin_file: str, sha256: str | None) -> FileAccount | None:
        """The account of the same bytes under the same name; None when they were not read."""
        found = self._known.get((origin_file, sha256 or ""))
        return found[0] if found else None

    def records(self, account: FileAccount) -> Iterator[pa.RecordBatch]:
        _, first, _ = self._known[account.origin_file, account.origin_sha256]
        return self._records.rows(first, account.kept)

    def quarantine(self, account: FileAccount) -> Iterator[pa.RecordBatch]:
        _, _, first = self._known[account.origin_file, account.origin_sha256]
        return self._quarantine.rows(first, account.quarantined)


class _RowSequence:
    """Parquet files as one sequence of rows; one row group is held at a time."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._groups: list[tuple[int, int, Path, int]] = []  # first row, rows, file, row group in it
        first = 0
        for path in paths:
            metadata = pq.read_metadata(path)
            for group in range(metadata.num_row_groups):
                rows = metadata.row_group(group).num_rows
                self._groups.append((first, rows, path, group))
                first += rows
        self._at = 0
        self._held: tuple[int, pa.Table] | None = None

    def rows(self, start: int, count: int) -> Iterator[pa.RecordBatch]:
        end = start + count
        if self._groups and self._groups[self._at][0] > start:
            self._at = 0
        while count and self._at < len(self._groups):
            first, rows, _, _ = self._groups[self._at]
            if first >= end:
                return
            if first + rows > start:
                begin = max(start, first)
                yield from (
                    self._group(self._at).slice(begin - first, min(end, first + rows) - begin).to_batches()
                )
            if first + rows >= end:
                return
            self._at += 1

    def _group(self, index: int) -> pa.Table:
        if self._held is None or self._held[0] != index:
            _, _, path, group = self._groups[index]
            self._held = None
            self._held = (index, pq.ParquetFile(path).read_row_group(group, use_threads=False))
        return self._held[1]
