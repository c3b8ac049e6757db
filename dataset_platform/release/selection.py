"""Which rows of a stream are drawn."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.release.buckets import bucketed
from dataset_platform.release.compact import in_words
from dataset_platform.schemas import RELEASE


class Selection:
    """Finds, for rows of a batch, which of them are drawn, what is added to them and in which bucket they go.

    `rows` are conversation_id, origin_file, origin_position, n_chars and the added columns, digests as
    bytes. A lookup is a binary search in the sorted positions of each file that a batch touches.

    count: rows drawn
    splits: of each bucket
    """

    ADDED = ("split", "cluster_id", "split_group", "unresolved")

    def __init__(self, rows: pl.DataFrame) -> None:
        self.count = rows.height
        buckets, self.splits = bucketed(rows)
        place = ("origin_file", "origin_position")
        ordered = rows.select(*place, *self.ADDED, buckets).sort(*place)
        self._buckets = ordered["bucket"].to_numpy()
        self._added = ordered.select(self.ADDED)
        self._positions = ordered["origin_position"].to_numpy()
        ranges = (
            ordered.with_row_index("row")
            .group_by("origin_file")
            .agg(first=pl.col("row").min(), end=pl.col("row").max() + 1)
        )
        self._ranges = {file: (first, end) for file, first, end in ranges.iter_rows()}

    def pick(self, batch: pa.RecordBatch) -> Iterator[tuple[int, pa.Table]]:
        """The drawn rows of a batch, as rows of schemas.RELEASE, by bucket."""
        found = self._find(batch)
        drawn = np.flatnonzero(found >= 0)
        drawn = drawn[np.argsort(self._buckets[found[drawn]], kind="stable")]
        rows = pa.Table.from_batches([batch.take(pa.array(drawn))])
        for column in in_words(self._added[found[drawn]]):
            rows = rows.append_column(column.name, column.to_arrow())
        rows = rows.select(RELEASE.names).cast(RELEASE.arrow)
        buckets, starts = np.unique(self._buckets[found[drawn]], return_index=True)
        for bucket, (start, end) in zip(buckets, pairwise([*starts, len(drawn)]), strict=True):
            yield int(bucket), rows.slice(start, end - start)

    def _find(self, batch: pa.RecordBatch) -> np.ndarray:
        """The place of each row of the batch among the drawn ones, -1 for rows that are not."""
        files = pc.dictionary_encode(batch["origin_file"])
        codes = files.indices.to_numpy(zero_copy_only=False)
        positions = batch["origin_position"].to_numpy(zero_copy_only=False)
        found = np.full(len(batch), -1, dtype=np.int64)
        for code, file in enumerate(files.dictionary.to_pylist()):
            if file in self._ranges:
                mine = np.flatnonzero(codes == code)
                found[mine] = self._search(self._ranges[file], positions[mine])
        return found

    def _search(self, file_range: tuple[int, int], positions: np.ndarray) -> np.ndarray:
        first, end = file_range
        known = self._positions[first:end]
        place = np.minimum(np.searchsorted(known, positions), end - first - 1)
        return np.where(known[place] == positions, place + first, -1)
