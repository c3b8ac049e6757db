"""Conversations that hold passages of evaluation sets: training on them would spoil what the sets measure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import daft
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from daft import DataFrame, Expression, col, lit
from daft.functions import when

from dataset_platform.curate.columns import StringColumn, Turns, strings
from dataset_platform.curate.configuration import Cleaning
from dataset_platform.curate.normalisation import normalise
from dataset_platform.curate.rules import text_rules
from dataset_platform.curate.shingles import ROWS_AT_ONCE, Sets, joined, ngram_sets
from dataset_platform.curate.signatures import BATCH_ROWS
from dataset_platform.curate.word_hashes import WordHashes
from dataset_platform.errors import InputError
from dataset_platform.schemas import DECISIONS, HELDOUT_OVERLAP, DropReason

# Brown et al. 2020 (GPT-3), appendix C: overlaps of 13 words.
NGRAM_WORDS = 13
_WRITTEN = ("shared_ngrams", "share", "heldout_file")
# Most n-grams are in no held-out set, which a table of their first 24 bits tells.
_TABLE_SHIFT = np.uint64(56 - 24)


@dataclass(frozen=True)
class HeldOut:
    """The word 13-grams of held-out files: ascending hashes, and for each the first file that has it."""

    hashes: np.ndarray
    files: np.ndarray
    names: pa.Array

    def found(self, hashes: np.ndarray) -> np.ndarray:
        """The number of each hash among these; negative for others."""
        numbers = np.full(len(hashes), -1)
        if len(self.hashes):
            maybe = np.flatnonzero(self._table[hashes >> _TABLE_SHIFT])
            places = np.minimum(np.searchsorted(self.hashes, hashes[maybe]), len(self.hashes) - 1)
            numbers[maybe] = np.where(self.hashes[places] == hashes[maybe], places, -1)
        return numbers

    @cached_property
    def _table(self) -> np.ndarray:
        table = np.zeros(1 << 24, np.bool_)
        table[self.hashes >> _TABLE_SHIFT] = True
        return table


def heldout_files(folder: Path) -> list[Path]:
    """The held-out files, sorted; none where there is no such folder. Raises InputError for other kinds."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    unreadable = [str(path) for path in files if path.suffix not in _READERS]
    if unreadable:
        raise InputError(
            f"{', '.join(unreadable[:5])}: held-out files are {', '.join(_READERS)}; convert or move them"
        )
    return files


def read_heldout(folder: Path) -> HeldOut:
    """The 13-grams of every string in the folder's files, normalised as conversations are.

    Strings of fewer words have none. Raises InputError, naming file and line, for what cannot be read.
    """
    files = heldout_files(folder)
    found = [_ngrams(list(_READERS[path.suffix](path))) for path in files]
    numbers = np.repeat(np.arange(len(files)), [len(hashes) for hashes in found])
    hashes, first = np.unique(np.concatenate([np.empty(0, np.uint64), *found]), return_index=True)
    return HeldOut(
        hashes, numbers[first], pa.array([path.relative_to(folder).as_posix() for path in files], pa.string())
    )


def overlap(clean: DataFrame, heldout: HeldOut) -> DataFrame:
    """Lazy plan of the rows that share a 13-gram with `heldout`, columns as in `schemas.HELDOUT_OVERLAP`."""
    written = pa.struct([HELDOUT_OVERLAP.arrow.field(name) for name in _WRITTEN])

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(written), unnest=True, batch_size=BATCH_ROWS)
    def measured(messages: daft.Series) -> pa.Array:
        column = messages.to_arrow()
        sets = joined(
            ngram_sets(WordHashes.of(Turns.of(column.slice(start, ROWS_AT_ONCE))), NGRAM_WORDS)
            for start in range(0, len(column), ROWS_AT_ONCE)
        )
        return _overlaps(sets, heldout)

    carried = [name for name in HELDOUT_OVERLAP.names if name not in _WRITTEN]
    rows = clean.select(*carried, measured(col("messages"))).where(col("shared_ngrams") > lit(0))
    return rows.select(*HELDOUT_OVERLAP.names)


def without_contaminated(decisions: DataFrame, overlap: DataFrame, max_share: float) -> DataFrame:
    """Lazy plan of the decisions; a row is dropped when more than `max_share` of its 13-grams are held out.

    A row that has a `drop_reason` keeps it. Columns as in `schemas.DECISIONS`, by place where a row is
    dropped and else in the order of `decisions`.
    """
    places: list[Expression | str] = ["origin_file", "origin_position"]
    contaminated = overlap.where(col("share") > lit(max_share)).select(*places, lit(True).alias("is_heldout"))
    contaminated = contaminated.collect()
    if not contaminated.count_rows():
        return decisions
    rows = decisions.join(contaminated, on=places, how="left").sort(["origin_file", "origin_position"])
    is_new = col("drop_reason").is_null() & col("is_heldout").not_null()
    reason = when(is_new, lit(DropReason.CONTAMINATED.value)).otherwise(col("drop_reason"))
    return rows.with_column("drop_reason", reason).select(*DECISIONS.names)


def _overlaps(sets: Sets, heldout: HeldOut) -> pa.StructArray:
    rows = np.repeat(np.arange(len(sets.sizes)), sets.sizes)
    numbers = heldout.found(sets.hashes)
    rows, files = rows[numbers >= 0], heldout.files[numbers[numbers >= 0]]
    shared = np.bincount(rows, minlength=len(sets.sizes))
    columns = {
        "shared_ngrams": pa.array(shared, pa.int32()),
        "share": pa.array(shared / np.maximum(sets.sizes, 1)),
        "heldout_file": heldout.names.take(_most_frequent(rows, files, len(sets.sizes))),
    }
    return pa.StructArray.from_arrays([columns[name] for name in _WRITTEN], names=list(_WRITTEN))


def _most_frequent(rows: np.ndarray, files: np.ndarray, n_rows: int) -> pa.Array:
    """The file that occurs most often with each row, the first of several; null where none does."""
    n_files = int(files.max(initial=0)) + 1
    both, counts = np.unique(rows * n_files + files, return_counts=True)
    order = np.lexsort((-both, counts))
    best = np.full(n_rows, -1)
    best[both[order] // n_files] = both[order] % n_files
    return pa.array(best, mask=best < 0)


def _ngrams(texts: list[str]) -> np.ndarray:
    found = [np.empty(0, np.uint64)]
    for start in range(0, len(texts), ROWS_AT_ONCE):
        tidy, _ = normalise(strings(texts[start : start + ROWS_AT_ONCE]), text_rules(Cleaning()))
        words = WordHashes.of(Turns.of(_messages(tidy)))
        sets = ngram_sets(words, NGRAM_WORDS)
        found.append(sets.take(np.flatnonzero(np.diff(words.rows) >= NGRAM_WORDS)).hashes)
    return np.unique(np.concatenate(found))


def _messages(texts: StringColumn) -> pa.Array:
    """Conversations of one turn each."""
    turns = pa.StructArray.from_arrays([strings([""] * len(texts)), texts], names=["role", "content"])
    return pa.ListArray.from_arrays(pa.array(np.arange(len(texts) + 1), pa.int32()), turns)


def _strings_in(value: object) -> Iterator[str]:
    left = [value]  # no calls in calls: JSON may be nested deeper than Python calls
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            left += reversed(value.values() if isinstance(value, dict) else value)


def _of_lines(path: Path) -> Iterator[str]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield from _of_json(line, f"{path}, line {number}")


def _of_json(content: bytes, where: str) -> Iterator[str]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise InputError(f"{where}: is not JSON; mend the held-out file or move it away") from None
    yield from _strings_in(value)


def _of_text(path: Path) -> Iterator[str]:
    try:
        yield path.read_text("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8; convert the held-out file or move it away") from None


def _of_parquet(path: Path) -> Iterator[str]:
    try:
        for batch in pq.ParquetFile(path).iter_batches():
            yield from _strings_in(batch.to_pylist())
    except pa.ArrowInvalid:
        raise InputError(f"{path}: is not Parquet; mend the held-out file or move it away") from None


_READERS = {
    ".json": lambda path: _of_json(path.read_bytes(), str(path)),
    ".jsonl": _of_lines,
    ".parquet": _of_parquet,
    ".txt": _of_text,
}
