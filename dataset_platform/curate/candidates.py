"""Pairs of texts that may be near duplicates, from their sketches alone."""

from collections.abc import Iterator

import numpy as np
from scipy.special import bdtr

from dataset_platform.curate.configuration import Deduplication
from dataset_platform.curate.signed_rows import NO_HASH, SignedRows

# Hashes that are sorted at a time, and pairs whose sketches are compared at a time: bound memory.
HASHES_AT_ONCE = 1 << 25
_PAIRS_AT_ONCE = 1 << 18


def candidate_pairs(
    rows: SignedRows, texts: np.ndarray, deduplication: Deduplication
) -> tuple[np.ndarray, np.ndarray]:
    """Distinct pairs among the rows `texts` that share a hash and are alike enough by size and sketch.

    Hashes are looked at by parts, so that memory holds `HASHES_AT_ONCE` of them, however many there are.
    """
    texts = texts[_by_likeness(rows, texts)]
    numbers = np.full(len(rows), -1, np.int64)
    numbers[rows.stored[texts]] = np.arange(len(texts))
    pairs = np.empty(0, np.int64)
    for hashes, holders in _parts(rows, numbers, deduplication):
        new = _sharing(hashes, holders, len(texts), deduplication.neighbours)
        left, right = (texts[side] for side in np.divmod(new, max(len(texts), 1)))
        pairs = np.union1d(pairs, new[_plausible(rows, left, right, deduplication)])
    left, right = (texts[side] for side in np.divmod(pairs, max(len(texts), 1)))
    return np.minimum(left, right), np.maximum(left, right)


def _by_likeness(rows: SignedRows, texts: np.ndarray) -> np.ndarray:
    """An order in which near duplicates tend to be neighbours: that of their smallest hash."""
    smallest = np.empty(len(rows), np.uint64)
    for first, sketches in rows.sketches.chunks():
        smallest[first : first + len(sketches)] = sketches[:, 0]
    return np.lexsort((texts, smallest[rows.stored[texts]]))


def _parts(
    rows: SignedRows, numbers: np.ndarray, deduplication: Deduplication
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The smallest hashes of all texts with the text's number; all texts with one hash are in one part."""
    n_hashes = deduplication.looked_up * len(numbers)
    n_parts = -(-n_hashes // HASHES_AT_ONCE)
    for part in range(n_parts):
        hashes, holders = [], []
        for first, sketches in rows.sketches.chunks():
            of = numbers[first : first + len(sketches)]
            looked_up = sketches[:, : deduplication.looked_up]
            chosen = (of >= 0)[:, None] & (looked_up != NO_HASH)
            # The smallest hashes crowd near zero, so their low bits choose the part.
            chosen &= looked_up % np.uint64(n_parts) == part
            hashes.append(looked_up[chosen])
            holders.append(np.broadcast_to(of[:, None], chosen.shape)[chosen])
        yield np.concatenate(hashes), np.concatenate(holders)


def _sharing(hashes: np.ndarray, holders: np.ndarray, n_texts: int, neighbours: int) -> np.ndarray:
    """Pairs of texts with the same hash, as `smaller * n_texts + larger`: each with its next neighbours."""
    order = np.argsort(hashes)
    together = hashes[order[1:]] == hashes[order[:-1]]
    order = order[np.append(together, False) | np.append(False, together)]
    order = order[np.lexsort((holders[order], hashes[order]))]
    hashes, holders = hashes[order], holders[order]
    pairs = np.empty(0, np.int64)
    for distance in range(1, min(neighbours, len(hashes) - 1) + 1):
        together = hashes[distance:] == hashes[:-distance]
        if not together.any():
            break
        pairs = np.union1d(pairs, holders[:-distance][together] * n_texts + holders[distance:][together])
    return pairs


def _plausible(
    rows: SignedRows, left: np.ndarray, right: np.ndarray, deduplication: Deduplication
) -> np.ndarray:
    """Which pairs may be similar enough; one that is fails with probability `missed` at most."""
    sizes = rows.sizes[left], rows.sizes[right]
    plausible = np.minimum(*sizes) / np.maximum(*sizes) >= deduplication.threshold
    width = rows.sketches.width
    # Of the smallest hashes of a union, each is in both sets with the probability of the similarity.
    least = np.array([
        (bdtr(np.arange(size + 1), size, deduplication.threshold) <= deduplication.missed).sum()
        for size in range(width + 1)
    ])  # fmt: skip
    sized = np.flatnonzero(plausible)
    for start in range(0, len(sized), _PAIRS_AT_ONCE):
        some = sized[start : start + _PAIRS_AT_ONCE]
        shared, size = _overlap(*(rows.sketches.take(rows.stored[side[some]]) for side in (left, right)))
        plausible[some] = shared >= least[size]
    return plausible


def _overlap(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many of the smallest hashes of each union are in both sketches, and how many there are."""
    width = left.shape[1]
    union = np.sort(np.concatenate([left, right], axis=1), axis=1)
    is_hash = union != NO_HASH
    twice = (union[:, 1:] == union[:, :-1]) & is_hash[:, 1:]
    number = np.arange(2 * width - 1) - (np.cumsum(twice, axis=1) - twice)
    distinct = is_hash.sum(axis=1) - twice.sum(axis=1)
    return (twice & (number < width)).sum(axis=1), np.minimum(distinct, width)
