"""The n-grams of long answers, each answer a set of its own."""

from pathlib import Path

import daft
import numpy as np
import pyarrow as pa
from daft import DataFrame, col

from dataset_platform.curate.columns import Turns
from dataset_platform.curate.configuration import Signing
from dataset_platform.curate.measuring import Measured
from dataset_platform.curate.shingles import ROWS_AT_ONCE, Sets, joined, ngram_sets
from dataset_platform.curate.signatures import BATCH_ROWS, answer_hashes, long_answers, packed, unpacked
from dataset_platform.curate.signed_rows import PLACE, among
from dataset_platform.curate.word_hashes import WordHashes, spread, starts_of
from dataset_platform.streaming import streamed

_WRITTEN = ("answers", "sizes", "ngrams")


def measured_answers(
    clean: DataFrame, places: pa.Table, wordings: np.ndarray, signing: Signing, path: Path
) -> Measured:
    """The n-grams of the answers with these hashes, numbered as `wordings` are, written to `path`.

    Only conversations at `places` are looked at; the others only stream past.
    """
    written = pa.struct([pa.field(name, pa.binary()) for name in _WRITTEN])

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(written), unnest=True, batch_size=BATCH_ROWS)
    def ngrams(messages: daft.Series) -> pa.Array:
        column = messages.to_arrow()
        parts = [
            _answers(Turns.of(column.slice(start, ROWS_AT_ONCE)), signing)
            for start in range(0, max(len(column), 1), ROWS_AT_ONCE)
        ]
        return pa.concat_arrays(parts)

    order = np.argsort(wordings)
    sizes, starts = np.zeros(len(wordings), np.int64), np.zeros(len(wordings), np.int64)
    at = 0
    chosen = clean.select(*PLACE, "messages").join(daft.from_arrow(places), on=list(PLACE), how="semi")
    with path.open("wb") as stream, streamed(chosen.select(ngrams(col("messages")))) as batches:
        for batch in batches:
            hashes, _ = unpacked(batch["answers"])
            sets = Sets(unpacked(batch["ngrams"])[0], unpacked(batch["sizes"])[0].astype(np.int64))
            wanted = np.flatnonzero(among(hashes, wordings[order]))
            numbers, first = np.unique(
                order[np.searchsorted(wordings[order], hashes[wanted])], return_index=True
            )
            is_new = sizes[numbers] == 0
            new, found = numbers[is_new], sets.take(wanted[first[is_new]])
            sizes[new], starts[new] = found.sizes, at + starts_of(found.sizes)
            at += len(found.hashes)
            found.hashes.tofile(stream)
    return Measured(path, np.arange(len(wordings)), starts, sizes)


def _answers(turns: Turns, signing: Signing) -> pa.StructArray:
    words = WordHashes.of(turns)
    long = long_answers(turns, words, signing)
    per_row = np.bincount(turns.rows[long], minlength=turns.n_rows)
    sets = joined(
        ngram_sets(_alone(words, long[start : start + ROWS_AT_ONCE]), signing.ngram_words)
        for start in range(0, len(long), ROWS_AT_ONCE)
    )
    bounds = np.concatenate(([0], np.cumsum(sets.sizes)))
    of_rows = np.diff(bounds[np.concatenate(([0], np.cumsum(per_row)))])
    columns = [
        packed(answer_hashes(words, long), per_row),
        packed(sets.sizes.astype(np.uint64), per_row),
        packed(sets.hashes, of_rows),
    ]
    return pa.StructArray.from_arrays(columns, names=list(_WRITTEN))


def _alone(words: WordHashes, turns: np.ndarray) -> WordHashes:
    """These turns, each as a conversation of its own."""
    lengths = np.diff(words.turns)[turns]
    bounds = np.concatenate(([0], np.cumsum(lengths)))
    return WordHashes(words.hashes[spread(words.turns[turns], lengths)], bounds, bounds)
