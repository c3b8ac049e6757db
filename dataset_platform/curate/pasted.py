"""Answers that were pasted into many conversations: the same words, whatever their case and punctuation."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from daft import DataFrame

from dataset_platform.curate.configuration import Pasting
from dataset_platform.curate.signatures import unpacked
from dataset_platform.curate.signed_rows import Files, among, fit_places, streamed
from dataset_platform.schemas import PASTED


def find_pasted(
    signatures: DataFrame,
    decisions: DataFrame,
    pasting: Pasting = Pasting(),  # noqa: B008
) -> pa.Table:
    """Each pasted answer of each fit conversation, columns as in `schemas.PASTED`, by answer and place.

    signatures, decisions: schemas.SIGNATURES and DECISIONS of all sources, in any order. `signatures` is read
    twice: memory holds a number for each answer, and all that is known of those that were pasted.
    """
    files = Files.of(decisions)
    fit = fit_places(decisions, files)
    said = [np.empty(0, np.uint64), *(hashes for _, hashes, _ in _answers(signatures, files, fit))]
    answers, counts = np.unique(np.concatenate(said), return_counts=True)
    is_pasted = counts >= pasting.conversations
    answers, counts = answers[is_pasted], counts[is_pasted]
    found = [PASTED.arrow.empty_table()]
    for batch, hashes, rows in _answers(signatures, files, fit):
        chosen = np.flatnonzero(among(hashes, answers))
        number = np.searchsorted(answers, hashes[chosen])
        columns = {name: batch[name].take(pa.array(rows[chosen])) for name in PASTED.names[:4]}
        columns["answer"] = pa.array([f"{answer:016x}" for answer in hashes[chosen].tolist()], pa.string())
        columns["conversations"] = pa.array(counts[number], pa.int64())
        found.append(pa.table(columns).cast(PASTED.arrow))
    order = ["answer", "origin_file", "origin_position"]
    return pa.concat_tables(found).sort_by([(name, "ascending") for name in order])


def _answers(
    signatures: DataFrame, files: Files, fit: np.ndarray
) -> Iterator[tuple[pa.RecordBatch, np.ndarray, np.ndarray]]:
    """Batches of rows with the distinct answers of the fit ones, as hash and row in the batch."""
    for batch in streamed(signatures.select(*PASTED.names[:4], "answers")):
        hashes, sizes = unpacked(batch["answers"])
        rows = np.repeat(np.arange(len(sizes)), sizes)
        chosen = among(files.places(batch), fit)[rows]
        hashes, rows = hashes[chosen], rows[chosen]
        order = np.lexsort((hashes, rows))
        hashes, rows = hashes[order], rows[order]
        differs = np.ones(len(order), np.bool_)
        differs[1:] = (hashes[1:] != hashes[:-1]) | (rows[1:] != rows[:-1])
        yield batch, hashes[differs], rows[differs]
