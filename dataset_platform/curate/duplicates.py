"""Clusters of exact and near duplicates, and which member of each to keep.

Signatures propose pairs, the true similarity of their texts decides. Text is read once, and only that of
proposed rows is looked at. What is sorted and grouped are hashes and numbers of rows, which come
in the order of preference, so that no result depends on the order of the input.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from daft import DataFrame

from dataset_platform.curate.candidates import candidate_pairs
from dataset_platform.curate.components import components
from dataset_platform.curate.configuration import Deduplication
from dataset_platform.curate.measuring import Measured, measure
from dataset_platform.curate.signed_rows import Files, SignedRows, fit_places, hex_digests, load
from dataset_platform.schemas import CLUSTERS, Match

_ROWS_A_BATCH = 65_536


def find_duplicates(
    signatures: DataFrame,
    clean: DataFrame,
    decisions: DataFrame,
    scratch: Path,
    deduplication: Deduplication = Deduplication(),  # noqa: B008
) -> Iterator[pa.Table]:
    """Rows of every cluster with more than one member, columns and types as in `schemas.CLUSTERS`.

    signatures, clean, decisions: schemas.SIGNATURES, CLEAN and DECISIONS of all sources, in any order.
    Rows whose decision has a `drop_reason`, and rows without a decision, take no part. Exact duplicates
    share `text_sha256`; near ones are linked by a true Jaccard similarity at or above the threshold, and
    links make chains: the similarity of a member to the kept one may lie below it. Sorted by cluster, the
    kept member first, then by conversation_id and place. Files in the folder `scratch` are gone afterwards.

    Raises ContractError when two rows have the same place, or a fit row has no signature.
    """
    with TemporaryDirectory(dir=scratch) as folder:
        files = Files.of(decisions)
        fit, width = fit_places(decisions, files), deduplication.signing.sketch_hashes
        rows = load(signatures, fit, files, width, Path(folder) / "sketches")
        same_text = _first_with_same(rows.texts)
        pairs = candidate_pairs(rows, np.unique(same_text), deduplication)
        links = _links(rows, pairs, clean, files, deduplication, Path(folder) / "shingles")
        members = _members(rows, same_text, links, deduplication.threshold)
    return _batches(rows, members, files)


@dataclass(frozen=True)
class _Links:
    """Pairs of rows with similar texts, left before right, how similar, and what measures other pairs."""

    left: np.ndarray
    right: np.ndarray
    similarity: np.ndarray
    measured: Measured

    def similarity_of(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """The similarity of any pairs, left before right: what is known is not measured again."""
        n_rows = int(max(self.right.max(initial=0), right.max(initial=0))) + 1
        known, wanted = self.left * n_rows + self.right, left * n_rows + right
        order = np.argsort(known)
        places = np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)
        is_known = known[order][places] == wanted
        similarity = self.similarity[order][places]
        similarity[~is_known] = self.measured.similarity(left[~is_known], right[~is_known])
        return similarity


@dataclass(frozen=True)
class _Members:
    """Members of clusters by row number, and the numbers of the rows that they are compared with."""

    rows: np.ndarray
    clusters: np.ndarray
    kept: np.ndarray
    is_exact: np.ndarray
    similarity: np.ndarray
    matched: np.ndarray
    matched_similarity: np.ndarray


def _first_with_same(texts: np.ndarray) -> np.ndarray:
    """For each row the number of the first row of the same text."""
    order = np.lexsort(texts.T)  # stable, so that of the same texts the first stays first
    is_first = np.ones(len(texts), np.bool_)
    is_first[1:] = False
    for half in texts.T:
        ordered = half[order]
        is_first[1:] |= ordered[1:] != ordered[:-1]
    first = np.empty(len(texts), np.int64)
    first[order] = order[np.flatnonzero(is_first)[np.cumsum(is_first) - 1]]
    return first


def _links(
    rows: SignedRows,
    pairs: tuple[np.ndarray, np.ndarray],
    clean: DataFrame,
    files: Files,
    deduplication: Deduplication,
    path: Path,
) -> _Links:
    left, right = pairs
    proposed = np.unique(np.concatenate(pairs))
    measured = measure(clean, rows, proposed, files, deduplication.signing.ngram_words, path)
    similarity = measured.similarity(left, right)
    true = similarity >= deduplication.threshold
    return _Links(left[true], right[true], similarity[true], measured)


def _members(rows: SignedRows, same_text: np.ndarray, links: _Links, threshold: float) -> _Members:
    label = components(
        len(rows),
        np.concatenate([np.arange(len(rows)), links.left]),
        np.concatenate([same_text, links.right]),
    )
    _, first, inverse, sizes = np.unique(label, return_index=True, return_inverse=True, return_counts=True)
    member = np.flatnonzero(sizes[inverse] > 1)
    kept, text = first[inverse][member], same_text[member]
    similarity = np.ones(len(member))
    is_near = text != kept
    similarity[is_near] = links.similarity_of(kept[is_near], text[is_near])
    matched, matched_similarity = kept.copy(), similarity.copy()
    is_far = similarity < threshold
    matched[is_far], matched_similarity[is_far] = _most_similar(links, text[is_far])
    is_copy = is_far & (text != member)
    matched[is_copy], matched_similarity[is_copy] = text[is_copy], 1.0
    return _Members(member, inverse[member], kept, ~is_near, similarity, matched, matched_similarity)


def _most_similar(links: _Links, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The row that each row is linked to most closely, the preferred one of several, and how closely."""
    ends = np.concatenate([links.left, links.right])
    others = np.concatenate([links.right, links.left])
    similarity = np.tile(links.similarity, 2)
    order = np.lexsort((others, -similarity, ends))
    best = order[np.searchsorted(ends[order], rows)]
    return others[best], similarity[best]


def _batches(rows: SignedRows, members: _Members, files: Files) -> Iterator[pa.Table]:
    """The members as rows of the contract, sorted."""
    by_id = _ranks(rows.ids[members.rows])
    smallest = np.full(members.clusters.max(initial=-1) + 1, len(by_id))
    np.minimum.at(smallest, members.clusters, by_id)
    id_of_rank = np.empty(len(by_id), np.int64)
    id_of_rank[by_id] = members.rows
    cluster = smallest[members.clusters]
    is_kept = members.rows == members.kept
    order = np.lexsort((rows.places[members.rows], by_id, ~is_kept, cluster))
    for start in range(0, max(len(order), 1), _ROWS_A_BATCH):
        some = order[start : start + _ROWS_A_BATCH]
        row, removed = members.rows[some], pa.array(~is_kept[some])
        match = np.select(
            [is_kept[some], members.is_exact[some]], [Match.KEPT.value, Match.EXACT.value], Match.NEAR.value
        )
        places = files.table(rows.places[row])
        columns = {
            "conversation_id": hex_digests(rows.ids[row]),
            "source": rows.source_names.take(pa.array(rows.sources[row])),
            "origin_file": places["origin_file"],
            "origin_position": places["origin_position"],
            "cluster_id": hex_digests(rows.ids[id_of_rank[cluster[some]]]),
            "match": match,
            "duplicate_of": pc.if_else(removed, hex_digests(rows.ids[members.kept[some]]), None),
            "similarity": members.similarity[some],
            "matched_id": pc.if_else(removed, hex_digests(rows.ids[members.matched[some]]), None),
            "matched_similarity": members.matched_similarity[some],
        }
        yield pa.table(columns).cast(CLUSTERS.arrow)


def _ranks(ids: np.ndarray) -> np.ndarray:
    """The place of each id in their order, the same for equal ones."""
    order = np.lexsort(ids.T[::-1])
    differs = (ids[order[1:]] != ids[order[:-1]]).any(axis=1)
    ranks = np.zeros(len(ids), np.int64)
    ranks[order[1:]] = np.cumsum(differs)
    return ranks
