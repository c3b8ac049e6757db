"""The true similarity of texts: their n-grams on disk, so that memory holds those of some pairs at a time."""

from dataclasses import dataclass
from pathlib import Path

import daft
import numpy as np
import pyarrow as pa
from daft import DataFrame, col

from dataset_platform.curate.shingles import Sets, jaccard, shingles_of
from dataset_platform.curate.signatures import BATCH_ROWS, packed, unpacked
from dataset_platform.curate.signed_rows import PLACE, Files, SignedRows
from dataset_platform.curate.word_hashes import spread, starts_of
from dataset_platform.streaming import streamed

# N-grams that are compared at a time: some 300 MB of memory.
SHINGLES_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Measured:
    """The n-grams of rows, in a file: `numbers` are the rows, ascending; set i has `sizes[i]` n-grams."""

    path: Path
    numbers: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray

    def similarity(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """The Jaccard similarity of rows `left[i]` and `right[i]`."""
        left, right = (np.searchsorted(self.numbers, side) for side in (left, right))
        order = np.lexsort((right, left))
        work = np.cumsum((self.sizes[left] + self.sizes[right])[order])
        similarity = np.empty(len(left))
        for some in np.split(order, np.flatnonzero(np.diff(work // SHINGLES_AT_ONCE)) + 1):
            similarity[some] = self._similarity(left[some], right[some])
        return similarity

    def _similarity(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        needed, places = np.unique(np.concatenate([left, right]), return_inverse=True)
        sizes = self.sizes[needed]
        if not sizes.sum():
            return np.zeros(len(left))
        stored = np.memmap(self.path, np.uint64, "r")
        sets = Sets(np.asarray(stored[spread(self.starts[needed], sizes)]), sizes)
        return jaccard(sets, *np.split(places, 2))


def measure(
    clean: DataFrame, rows: SignedRows, numbers: np.ndarray, files: Files, ngram_words: int, path: Path
) -> Measured:
    """The n-grams of the rows of these numbers, which ascend; the other rows of `clean` only stream past."""

    @daft.func.batch(return_dtype=daft.DataType.binary(), batch_size=BATCH_ROWS)
    def shingles(messages: daft.Series) -> pa.Array:
        sets = shingles_of(messages.to_arrow(), ngram_words)
        return packed(sets.hashes, sets.sizes)

    places = rows.places[numbers]
    by_place = np.argsort(places)
    keys = daft.from_arrow(files.table(places))
    chosen = clean.select(*PLACE, "messages").join(keys, on=list(PLACE), how="semi")
    sizes = np.zeros(len(numbers), np.int64)
    starts = np.zeros(len(numbers), np.int64)
    written = 0
    chosen = chosen.select(*PLACE, shingles(col("messages")).alias("shingles"))
    with path.open("wb") as stream, streamed(chosen) as batches:
        for batch in batches:
            hashes, of_rows = unpacked(batch["shingles"])
            found = by_place[np.searchsorted(places[by_place], files.places(batch))]
            sizes[found], starts[found] = of_rows, written + starts_of(of_rows)
            written += len(hashes)
            hashes.tofile(stream)
    return Measured(path, numbers, starts, sizes)
