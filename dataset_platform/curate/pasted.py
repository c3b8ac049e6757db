"""Answers that were pasted into many conversations: in the same words, or edited a little.

Most answers share none of their few stored n-grams with many others, and are not looked at again. The
wordings of those that do are read and measured, so that the similarity is the true one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from daft import DataFrame

from dataset_platform.curate.answers import measured_answers
from dataset_platform.curate.components import components
from dataset_platform.curate.configuration import Pasting
from dataset_platform.curate.measuring import Measured
from dataset_platform.curate.signatures import NGRAMS_AN_ANSWER, unpacked
from dataset_platform.curate.signed_rows import Files, among, fit_places
from dataset_platform.schemas import PASTED
from dataset_platform.streaming import streamed

# N-grams of answers that are counted at a time: bounds memory.
NGRAMS_AT_ONCE = 1 << 24
_READ = PASTED.names[:4]


def find_pasted(
    signatures: DataFrame,
    clean: DataFrame,
    decisions: DataFrame,
    scratch: Path,
    pasting: Pasting = Pasting(),  # noqa: B008
) -> pa.Table:
    """Each pasted answer of each fit conversation, columns as in `schemas.PASTED`, by answer and place.

    signatures, clean, decisions: schemas.SIGNATURES, CLEAN and DECISIONS of all sources, in any order. Memory
    holds what is known of answers that share an n-gram with many others, and nothing of the rest. Links
    make chains, so that a wording may be less similar to the commonest one than `pasting.threshold`.
    Files in the folder `scratch` are gone afterwards.
    """
    files = Files.of(decisions)
    fit = fit_places(decisions, files)
    said = _maybe_pasted(signatures, files, fit, _common_ngrams(signatures, files, fit, pasting))
    wordings = _Wordings.of(said)
    with TemporaryDirectory(dir=scratch) as folder:
        places = files.table(np.unique(said.places[wordings.first]))
        measured = measured_answers(clean, places, wordings.hashes, pasting.signing, Path(folder) / "ngrams")
        names = _commonest(wordings, measured, pasting)
        similarity = np.ones(len(names))
        others = np.flatnonzero(names != np.arange(len(names)))
        similarity[others] = measured.similarity(names[others], others)
    return _rows(said, wordings, names, similarity, pasting)


@dataclass(frozen=True)
class _Said:
    """Answers that share an n-gram with many: hash and n-grams of each, and place and row of who has it."""

    hashes: np.ndarray
    ngrams: np.ndarray
    places: np.ndarray
    rows: pa.Table


@dataclass(frozen=True)
class _Wordings:
    """The distinct wordings, the commonest first; answer i of those said has number `numbers[i]`, and
    wording i was said first in answer `first[i]`."""

    hashes: np.ndarray
    first: np.ndarray
    ngrams: np.ndarray
    numbers: np.ndarray

    @classmethod
    def of(cls, said: _Said) -> "_Wordings":
        hashes, first, inverse, counts = np.unique(
            said.hashes, return_index=True, return_inverse=True, return_counts=True
        )
        order = np.lexsort((hashes, -counts))
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.arange(len(order))
        return cls(hashes[order], first[order], said.ngrams[first[order]], ranks[inverse])


def _common_ngrams(signatures: DataFrame, files: Files, fit: np.ndarray, pasting: Pasting) -> np.ndarray:
    """N-grams, ascending, that half as many answers have as make one pasted, since edits take some away."""
    count = sum(len(ngrams) for _, _, ngrams, _ in _answers(signatures, files, fit))
    least = max(pasting.conversations // 2, 2)
    common = [np.empty(0, np.uint64)]
    n_parts = max(-(-count * NGRAMS_AN_ANSWER // NGRAMS_AT_ONCE), 1)
    for part in range(n_parts):
        some = (
            flat[flat % np.uint64(n_parts) == part]
            for flat in (ngrams.ravel() for _, _, ngrams, _ in _answers(signatures, files, fit))
        )
        hashes = np.concatenate([np.empty(0, np.uint64), *some])
        hashes.sort()
        repeated = hashes[least - 1 :]
        common.append(np.unique(repeated[repeated == hashes[: len(repeated)]]))
    return np.sort(np.concatenate(common))


def _maybe_pasted(signatures: DataFrame, files: Files, fit: np.ndarray, common: np.ndarray) -> _Said:
    hashes, ngrams, places = [np.empty(0, np.uint64)], [np.empty((0, NGRAMS_AN_ANSWER), np.uint64)], []
    rows = [PASTED.arrow.empty_table().select(_READ)]
    for batch, some, of_some, of_rows in _answers(signatures, files, fit):
        chosen = np.flatnonzero(among(of_some.ravel(), common).reshape(of_some.shape).any(axis=1))
        taken = batch.select([*_READ]).take(pa.array(of_rows[chosen]))
        hashes.append(some[chosen])
        ngrams.append(of_some[chosen])
        places.append(files.places(taken))
        rows.append(pa.Table.from_batches([taken]).cast(rows[0].schema))
    places = [np.empty(0, np.int64), *places]
    return _Said(
        np.concatenate(hashes), np.concatenate(ngrams), np.concatenate(places), pa.concat_tables(rows)
    )


def _answers(
    signatures: DataFrame, files: Files, fit: np.ndarray
) -> Iterator[tuple[pa.RecordBatch, np.ndarray, np.ndarray, np.ndarray]]:
    """Batches of rows with the answers of the fit ones: hash, n-grams, and row in the batch."""
    with streamed(signatures.select(*_READ, "answers", "answer_ngrams")) as batches:
        for batch in batches:
            hashes, sizes = unpacked(batch["answers"])
            ngrams = unpacked(batch["answer_ngrams"])[0].reshape(-1, NGRAMS_AN_ANSWER)
            rows = np.repeat(np.arange(len(sizes)), sizes)
            chosen = among(files.places(batch), fit)[rows]
            yield batch, hashes[chosen], ngrams[chosen], rows[chosen]


def _commonest(wordings: _Wordings, measured: Measured, pasting: Pasting) -> np.ndarray:
    """For each wording the number of the commonest one of those that it is linked to."""
    left, right = _sharing(wordings.ngrams, pasting.neighbours)
    true = measured.similarity(left, right) >= pasting.threshold
    labels = components(len(wordings.hashes), left[true], right[true])
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return first[inverse]


def _sharing(ngrams: np.ndarray, neighbours: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of wordings that share an n-gram: each with the commonest and with its next neighbours."""
    hashes, holders = ngrams.ravel(), np.repeat(np.arange(len(ngrams)), NGRAMS_AN_ANSWER)
    order = np.lexsort((holders, hashes))
    hashes, holders = hashes[order], holders[order]
    starts = np.flatnonzero(np.diff(hashes, prepend=hashes[:1] + np.uint64(1)))
    commonest = np.repeat(holders[starts], np.diff(starts, append=len(hashes)))
    pairs = [commonest * len(ngrams) + holders]
    for distance in range(1, neighbours + 1):
        together = hashes[distance:] == hashes[:-distance]
        pairs.append(holders[:-distance][together] * len(ngrams) + holders[distance:][together])
    left, right = np.divmod(np.unique(np.concatenate(pairs)), max(len(ngrams), 1))
    return left[left < right], right[left < right]


def _rows(
    said: _Said, wordings: _Wordings, names: np.ndarray, similarity: np.ndarray, pasting: Pasting
) -> pa.Table:
    """A row for each conversation and pasted answer; of several wordings in one the most similar."""
    of_names, similar = names[wordings.numbers], similarity[wordings.numbers]
    order = np.lexsort((-similar, said.places, of_names))
    differs = np.ones(len(order), np.bool_)
    differs[1:] = np.diff(of_names[order]).astype(np.bool_) | np.diff(said.places[order]).astype(np.bool_)
    chosen = order[differs]
    conversations = np.bincount(of_names[chosen], minlength=len(names))
    chosen = chosen[conversations[of_names[chosen]] >= pasting.conversations]
    answers = [f"{answer:016x}" for answer in wordings.hashes[of_names[chosen]].tolist()]
    table = said.rows.take(pa.array(chosen))
    for name, column in (
        ("answer", pa.array(answers, pa.string())),
        ("similarity", pa.array(similar[chosen])),
        ("conversations", pa.array(conversations[of_names[chosen]])),
    ):
        table = table.append_column(name, column)
    order_by = ["answer", "origin_file", "origin_position"]
    return table.cast(PASTED.arrow).sort_by([(name, "ascending") for name in order_by])
