"""Pairs of texts that may be near duplicates, from their sketches alone."""

import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dataset_platform.curate.configuration import Deduplication
from dataset_platform.curate.signed_rows import NO_HASH, SignedRows

# Hashes that are sorted at a time, and pairs whose sketches are compared at a time: bound memory.
HASHES_AT_ONCE = 1 << 24
_PAIRS_AT_ONCE = 1 << 18
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, from the golden ratio: spreads consecutive values


def candidate_pairs(
    rows: SignedRows, texts: np.ndarray, deduplication: Deduplication
) -> tuple[np.ndarray, np.ndarray]:
    """Distinct pairs among the rows `texts` that share a hash and are alike enough by size and sketch.

    Hashes are looked at by parts, so that memory holds `HASHES_AT_ONCE` of them, however many there are.
    The folder of the sketches holds them all meanwhile, 8 bytes each.
    """
    texts = texts[_by_likeness(rows, texts)]
    numbers = np.full(len(rows), -1, np.int64)
    numbers[rows.stored[texts]] = np.arange(len(texts))
    found = [np.empty(0, np.int64)]
    for keys in _parts(rows, numbers, len(texts), deduplication):
        new = _sharing(keys, len(texts), deduplication.neighbours)
        left, right = (texts[side] for side in np.divmod(new, max(len(texts), 1)))
        found.append(new[_plausible(rows, left, right, deduplication)])
    pairs = _distinct(np.concatenate(found))
    left, right = (texts[side] for side in np.divmod(pairs, max(len(texts), 1)))
    return np.minimum(left, right), np.maximum(left, right)


def _by_likeness(rows: SignedRows, texts: np.ndarray) -> np.ndarray:
    """An order in which near duplicates tend to be neighbours: that of their smallest hash."""
    smallest = np.empty(len(rows), np.uint64)
    for first, sketches in rows.sketches.chunks():
        smallest[first : first + len(sketches)] = sketches[:, 0]
    return np.lexsort((texts, smallest[rows.stored[texts]]))


def _parts(
    rows: SignedRows, numbers: np.ndarray, n_texts: int, deduplication: Deduplication
) -> Iterator[np.ndarray]:
    """The smallest hashes of all texts, each above the number of its text; those of one hash in one part.

    Parts lie in files beside the sketches, which are read once. Beside 16 million texts a hash has 40 bits
    left: pairs by chance are few, and are compared like others.
    """
    n_parts = -(-deduplication.looked_up * len(numbers) // HASHES_AT_ONCE)
    with TemporaryDirectory(dir=rows.sketches.path.parent) as folder:
        paths = [Path(folder) / str(part) for part in range(n_parts)]
        for first, sketches in rows.sketches.chunks():
            of = numbers[first : first + len(sketches)]
            looked_up = sketches[:, : deduplication.looked_up]
            chosen = (of >= 0)[:, None] & (looked_up != NO_HASH)
            holders = of.repeat(chosen.sum(axis=1)).astype(np.uint64)
            _append(looked_up[chosen], holders, _holder_mask(n_texts), paths)
        for path in paths:
            yield np.fromfile(path, np.uint64)
            path.unlink()


def _append(hashes: np.ndarray, holders: np.ndarray, mask: np.uint64, paths: list[Path]) -> None:
    # The smallest hashes crowd near zero, so their low bits choose the part.
    parts = (hashes % np.uint64(len(paths))).astype(np.uint16)
    order = np.argsort(parts, kind="stable")
    keys = (hashes * _FACTOR & ~mask | holders)[order]
    ends = np.cumsum(np.bincount(parts, minlength=len(paths)))
    for path, some in zip(paths, np.split(keys, ends[:-1]), strict=True):
        with path.open("ab") as stream:
            some.tofile(stream)


def _holder_mask(n_texts: int) -> np.uint64:
    """The bits that the number of a text takes."""
    return np.uint64((1 << max(n_texts - 1, 1).bit_length()) - 1)


def _sharing(keys: np.ndarray, n_texts: int, neighbours: int) -> np.ndarray:
    """Pairs of texts with the same hash, as `smaller * n_texts + larger`: each with its next neighbours.

    `keys` are sorted in place.
    """
    mask = _holder_mask(n_texts)
    keys.sort()
    together = (keys[1:] ^ keys[:-1]) <= mask
    keys = keys[np.append(together, False) | np.append(False, together)]
    holders = (keys & mask).astype(np.int64)
    pairs = np.empty(0, np.int64)
    for distance in range(1, min(neighbours, len(keys) - 1) + 1):
        apart = keys[distance:] ^ keys[:-distance]
        together = (apart <= mask) & (apart > 0)
        if not together.any():
            break
        new = holders[:-distance][together] * n_texts + holders[distance:][together]
        pairs = _distinct(np.concatenate([pairs, new]))
    return pairs


def _distinct(pairs: np.ndarray) -> np.ndarray:
    """Each of the pairs once, ascending; sorts them in place, where numpy's `unique` hashes and is slower."""
    pairs.sort()
    return pairs[np.diff(pairs, prepend=-1) > 0]


def _plausible(
    rows: SignedRows, left: np.ndarray, right: np.ndarray, deduplication: Deduplication
) -> np.ndarray:
    """Which pairs may be similar enough; one that is fails with probability `missed` at most."""
    sizes = rows.sizes[left], rows.sizes[right]
    plausible = np.minimum(*sizes) / np.maximum(*sizes) >= deduplication.threshold
    width = rows.sketches.width
    least = np.array([_least_shared(size, deduplication) for size in range(width + 1)])
    sized = np.flatnonzero(plausible)
    for start in range(0, len(sized), _PAIRS_AT_ONCE):
        some = sized[start : start + _PAIRS_AT_ONCE]
        shared, size = _overlap(*(rows.sketches.take(rows.stored[side[some]]) for side in (left, right)))
        plausible[some] = shared >= least[size]
    return plausible


def _least_shared(size: int, deduplication: Deduplication) -> int:
    """How many of the `size` smallest hashes of their union two texts at the threshold share at least.

    Each is in both with the probability of the similarity, so fewer than that have `missed` at most.
    """
    alike = deduplication.threshold
    exactly = [math.comb(size, n) * alike**n * (1 - alike) ** (size - n) for n in range(size + 1)]
    return int((np.cumsum(exactly) <= deduplication.missed).sum())


def _overlap(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many of the smallest hashes of each union are in both sketches, and how many there are."""
    width = left.shape[1]
    union = np.sort(np.concatenate([left, right], axis=1), axis=1)
    is_hash = union != NO_HASH
    twice = (union[:, 1:] == union[:, :-1]) & is_hash[:, 1:]
    number = np.arange(2 * width - 1) - (np.cumsum(twice, axis=1) - twice)
    distinct = is_hash.sum(axis=1) - twice.sum(axis=1)
    return (twice & (number < width)).sum(axis=1), np.minimum(distinct, width)
