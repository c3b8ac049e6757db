"""Clusters of exact and near duplicates, and which member of each to keep.

Text is read twice and streams both times: once for digests and MinHash bands, and again, only
the few rows that share a band, for the word n-grams that decide. What is sorted and grouped
are hashes and row numbers. Rows are numbered in the order of preference (later stage, then
smaller conversation_id, then origin), so no result depends on the order of the input.
"""

from dataclasses import dataclass

import daft
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from daft.functions import minhash
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from dataset_platform.curate.configuration import Deduplication
from dataset_platform.curate.shingles import BATCH_ROWS, band_hashes, jaccard, shingle_hashes, words_of
from dataset_platform.errors import ContractError
from dataset_platform.schemas import CLUSTERS, Match, Stage

_KEY = ["origin_file", "origin_position"]
# What each row is known by in memory: no text.
_KNOWN = ["conversation_id", "source", *_KEY, "stage", "text_sha256"]
_PREFERENCE = [("stage_rank", "descending"), ("conversation_id", "ascending")] + [
    (name, "ascending") for name in _KEY
]


def find_duplicates(
    clean: daft.DataFrame,
    decisions: daft.DataFrame,
    deduplication: Deduplication = Deduplication(),  # noqa: B008
) -> daft.DataFrame:
    """Rows of every cluster with more than one member, columns and types as in `schemas.CLUSTERS`.

    Rows whose decision has a `drop_reason` take no part. Exact duplicates share `text_sha256`; near ones are
    linked by a true Jaccard similarity at or above the threshold, and links make chains: the
    similarity of a member to the kept one may lie below it. Sorted by cluster, the kept member
    first, then by conversation_id and origin. `clean` is read twice, so hand over stored rows.

    Raises ContractError when two rows have the same origin.
    """
    fit = decisions.where(daft.col("drop_reason").is_null()).select(*_KEY).to_arrow()
    rows = _rows_by_preference(clean, fit, deduplication)
    same_text = _first_with_same(rows["text_sha256"])
    similar = _similar_texts(rows, np.unique(same_text), clean, deduplication)
    return daft.from_arrow(_clusters(rows, same_text, similar))


@dataclass(frozen=True)
class _Similar:
    """Links between similar texts, as row numbers, and the n-grams to measure any other pair with.

    `shingles[i]` belongs to row `rows[i]`; `rows` ascends.
    """

    left: np.ndarray
    right: np.ndarray
    rows: np.ndarray
    shingles: pa.Array

    def similarity(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return jaccard(self.shingles, np.searchsorted(self.rows, left), np.searchsorted(self.rows, right))


def _rows_by_preference(clean: daft.DataFrame, fit: pa.Table, deduplication: Deduplication) -> pa.Table:
    """What each fit row is known by, and the hashes of its MinHash bands: the row to keep comes first."""
    n_bands = deduplication.bands
    bands_type = pa.list_(pa.uint64(), n_bands)

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(bands_type), batch_size=BATCH_ROWS)
    def bands(signatures: daft.Series) -> pa.Array:
        column = signatures.to_arrow()
        flat = pc.fill_null(column.values, 0).to_numpy().reshape(len(column), deduplication.permutations)
        hashes = band_hashes(flat, n_bands, deduplication.rows_per_band)
        return pa.FixedSizeListArray.from_arrays(pa.array(hashes.ravel()), n_bands, mask=column.is_null())

    signatures = minhash(
        words_of(daft.col("messages")),
        num_hashes=deduplication.permutations,
        ngram_size=deduplication.ngram_words,
        seed=deduplication.seed,
    )
    known = clean.select(*_KNOWN, bands(signatures).alias("bands")).to_arrow()
    _refuse_shared_origins(known)
    known = _of(known, fit)
    rank = pc.index_in(known["stage"], pa.array([stage.value for stage in Stage], known["stage"].type))
    order = pc.sort_indices(known.append_column("stage_rank", rank), sort_keys=_PREFERENCE)
    return known.take(order).combine_chunks()


def _of(rows: pa.Table, places: pa.Table) -> pa.Table:
    """The rows at these places."""
    numbered = rows.select(_KEY).append_column("row", pa.array(np.arange(len(rows))))
    chosen = numbered.join(places.cast(numbered.select(_KEY).schema), keys=_KEY, join_type="left semi")
    return rows.take(chosen["row"].combine_chunks().sort())


def _refuse_shared_origins(rows: pa.Table) -> None:
    shared = len(rows) - len(rows.group_by(_KEY).aggregate([]))
    if shared:
        raise ContractError(
            f"clean_conversations: {shared} rows share their origin with another row. "
            "Every row needs an (origin_file, origin_position) of its own."
        )


def _first_with_same(column: pa.ChunkedArray) -> np.ndarray:
    """For each row the number of the first row of the same value."""
    codes = column.combine_chunks().dictionary_encode().indices.to_numpy()
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    return first[inverse]


def _similar_texts(
    rows: pa.Table, texts: np.ndarray, clean: daft.DataFrame, deduplication: Deduplication
) -> _Similar:
    """Pairs of rows among `texts` whose true similarity reaches the threshold."""
    bands = rows["bands"].combine_chunks().take(pa.array(texts))
    spoken = np.flatnonzero(bands.is_valid().to_numpy(zero_copy_only=False))
    hashes = bands.take(pa.array(spoken)).flatten().to_numpy().reshape(len(spoken), deduplication.bands)
    left, right = (texts[spoken[side]] for side in _candidate_pairs(hashes, deduplication.neighbours))
    candidates = np.unique(np.concatenate([left, right]))
    shingles = _shingles(rows.select(_KEY).take(pa.array(candidates)), clean, deduplication.ngram_words)
    measured = _Similar(left, right, candidates, shingles)
    true = measured.similarity(left, right) >= deduplication.threshold
    return _Similar(left[true], right[true], candidates, shingles)


def _candidate_pairs(hashes: np.ndarray, neighbours: int) -> tuple[np.ndarray, np.ndarray]:
    """Distinct pairs of rows that share a band; each with the next `neighbours` rows of its bucket."""
    n_rows = len(hashes)
    found = [np.empty(0, np.int64)]
    for band in hashes.T:
        order = np.argsort(band, kind="stable")
        ordered = band[order]
        for distance in range(1, min(neighbours, n_rows - 1) + 1):
            together = ordered[distance:] == ordered[:-distance]
            if not together.any():
                break
            found.append(order[:-distance][together] * n_rows + order[distance:][together])
        found = [np.unique(np.concatenate(found))]
    return np.divmod(found[0], max(n_rows, 1))


def _shingles(keys: pa.Table, clean: daft.DataFrame, ngram_words: int) -> pa.Array:
    """The word n-grams of the rows that `keys` names, in their order; other rows only stream past."""

    @daft.func.batch(return_dtype=daft.DataType.list(daft.DataType.uint64()), batch_size=BATCH_ROWS)
    def shingles(words: daft.Series) -> pa.Array:
        return shingle_hashes(words.to_arrow(), ngram_words)

    chosen = clean.select(*_KEY, "messages").join(daft.from_arrow(keys), on=[*_KEY], how="semi")
    found = chosen.select(*_KEY, shingles(words_of(daft.col("messages"))).alias("shingles")).to_arrow()
    by_key = [(name, "ascending") for name in _KEY]
    places = np.empty(len(keys), np.int64)
    places[pc.sort_indices(keys, sort_keys=by_key).to_numpy()] = pc.sort_indices(found, sort_keys=by_key)
    return found["shingles"].combine_chunks().take(pa.array(places))


def _clusters(rows: pa.Table, same_text: np.ndarray, similar: _Similar) -> pa.Table:
    """One row for each member of a cluster of two or more; rows come in the order of preference."""
    label = _components(
        np.concatenate([np.arange(len(rows)), similar.left]), np.concatenate([same_text, similar.right])
    )
    _, first, inverse, sizes = np.unique(label, return_index=True, return_inverse=True, return_counts=True)
    member = np.flatnonzero(sizes[inverse] > 1)
    kept = first[inverse][member]
    exact, is_kept = same_text[member] == kept, member == kept
    similarity = np.ones(len(member))
    similarity[~exact] = similar.similarity(same_text[member[~exact]], kept[~exact])
    ids = rows["conversation_id"].combine_chunks()
    table = rows.select(["conversation_id", "source", *_KEY]).take(pa.array(member))
    for name, column in {
        "cluster_id": _smallest(ids.take(pa.array(member)), kept),
        "match": np.select([is_kept, exact], [Match.KEPT.value, Match.EXACT.value], Match.NEAR.value),
        "duplicate_of": pc.if_else(pa.array(is_kept), None, ids.take(pa.array(kept))),
        "similarity": similarity,
        "is_duplicate": ~is_kept,
    }.items():
        table = table.append_column(name, pa.array(column) if isinstance(column, np.ndarray) else column)
    order = ["cluster_id", "is_duplicate", "conversation_id", *_KEY]
    table = table.sort_by([(name, "ascending") for name in order])
    return table.select(CLUSTERS.names).cast(CLUSTERS.arrow)


def _components(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """A number for each row, the same for rows that links connect. Every row links to some row."""
    n_rows = int(left.max(initial=-1)) + 1
    links = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(n_rows, n_rows))
    return connected_components(links, directed=False)[1]


def _smallest(ids: pa.Array, cluster: np.ndarray) -> pa.Array:
    """The smallest id of each member's cluster."""
    smallest = pa.table({"cluster": cluster, "id": ids}).group_by("cluster").aggregate([("id", "min")])
    return smallest["id_min"].combine_chunks().take(pc.index_in(pa.array(cluster), smallest["cluster"]))
