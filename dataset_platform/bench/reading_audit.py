"""What a reader kept of a corpus, and what it lost without a word."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset_platform.bench.contestant import Facts, Task
from dataset_platform.bench.corpus import CHANGED_KEY, CHANGED_VALUE, LATE_KEY, Corpus

CHANGED_JSON = f'"{CHANGED_KEY}":"{CHANGED_VALUE}"'


def audit(corpus: Corpus, ours: bool, task: Task) -> Facts:
    """Rows kept and rows quarantined, and what is in neither: lost rows, and lost values of the rows kept.

    A row without its id is no row: some readers put a row of nulls where a line could not be read.
    """
    files = sorted(Path(task["out"]).rglob("*.parquet"))
    kept_files = [file for file in files if not ours or file.name.startswith("records-")]
    quarantine = [file for file in files if ours and file.name.startswith("quarantine-")]
    kept = _count(kept_files, "conversation_id" if ours else "dialogue_id", pc.is_valid)
    quarantined = sum(pq.read_metadata(file).num_rows for file in quarantine)
    found = _found_in_attributes(kept_files) if ours else _found_in_columns(kept_files)
    return {
        "kept": kept,
        "quarantined": quarantined,
        "lost rows": corpus.rows - kept - quarantined,
        "lost values": corpus.late_keys + corpus.changed_types - found,
    }


def _found_in_columns(files: Sequence[Path]) -> int:
    changed = partial(_texts_equal, text=CHANGED_VALUE)
    return _count(files, LATE_KEY, pc.is_valid) + _count(files, CHANGED_KEY, changed)


def _found_in_attributes(files: Sequence[Path]) -> int:
    """Ours keeps a record's own fields as canonical JSON in one column."""
    late = partial(pc.match_substring, pattern=f'"{LATE_KEY}":')
    changed = partial(pc.match_substring, pattern=CHANGED_JSON)
    return _count(files, "attributes", late) + _count(files, "attributes", changed)


def _texts_equal(values: pa.Array, text: str) -> pa.Array:
    """Nowhere where the column holds no text; duckdb's JSON keeps its quotes."""
    if not pa.types.is_string(values.type) and not pa.types.is_large_string(values.type):
        return pa.array([False])
    return pc.is_in(values, pa.array([text, f'"{text}"'], values.type))


def _count(files: Sequence[Path], column: str, holds: Callable[[pa.Array], pa.Array]) -> int:
    return sum(int(pc.sum(holds(values)).as_py() or 0) for values in _values(files, column))


def _values(files: Sequence[Path], column: str) -> Iterator[pa.Array]:
    for file in files:
        parquet = pq.ParquetFile(file)
        if column in parquet.schema_arrow.names:
            for batch in parquet.iter_batches(columns=[column]):
                yield _plain(batch.column(0))


def _plain(values: pa.Array) -> pa.Array:
    return values.cast(pa.large_string()) if pa.types.is_string_view(values.type) else values
