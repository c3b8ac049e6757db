"""Which rows a release holds: stratified by stage and source, seeded, stable.

Seats are given by Webster's divisor method (Sainte-Laguë), because it is
house-monotone: a larger release takes no seat from any stratum, so its rows are
a superset. Largest-remainder methods are not (the Alabama paradox). A stratum that
is used up takes no further seats, so what it lacks goes to the others in
proportion to their weights.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dataset_platform.release.spec import ReleaseSpec, Splits
from dataset_platform.schemas import Split, Stage


@dataclass(frozen=True)
class Quota:
    """Rows asked for, available and drawn in one stage, or in one source of a stage."""

    stage: str
    source: str | None
    asked: int
    available: int
    drawn: int


@dataclass(frozen=True)
class Draw:
    """The rows drawn, as the pool's columns in order of conversation_id, and the quotas behind them."""

    rows: pl.DataFrame
    stages: tuple[Quota, ...]
    sources: tuple[Quota, ...]


def draw(pool: pl.DataFrame, spec: ReleaseSpec) -> Draw:
    """min(target, available) rows of the pool, in the mix that the spec asks for.

    The pool has the columns conversation_id (unique), source and stage; any others
    pass through. A stage whose share is 0 is never drawn from. Within a stage, sources
    take seats in proportion to their rows; within a source, rows are taken in the
    order of SHA-256 over seed and conversation_id, whatever else the pool holds.
    """
    stages = _stage_quotas(pool, spec)
    sources = tuple(quota for stage in stages for quota in _source_quotas(pool, stage))
    ranked = pool.with_columns(rank=_hashes("draw", spec.seed, pool["conversation_id"])).sort(
        "rank", "conversation_id"
    )
    taken = [
        ranked.filter(stage=quota.stage, source=quota.source).head(quota.drawn)
        for quota in sources
        if quota.drawn
    ]
    rows = pl.concat(taken) if taken else ranked.clear()
    return Draw(rows.drop("rank").sort("conversation_id"), stages, sources)


def assign_splits(cluster_ids: pl.Series, seed: int, splits: Splits) -> pl.Series:
    """The split of each row, decided by seed and cluster alone, so a cluster cannot straddle."""
    # float64 holds 53 bits: the shift keeps the quotient below 1 for every hash.
    place = (_hashes("split", seed, cluster_ids).to_numpy() >> np.uint64(11)) / 2.0**53
    bounds = np.cumsum([splits.share(split) for split in Split])[:-1]
    names = np.array([split.value for split in Split])
    return pl.Series("split", names[np.searchsorted(bounds, place, side="right")], dtype=pl.String)


def apportion(weights: Sequence[float], capacities: Sequence[int], seats: int) -> list[int]:
    """How many seats each stratum gets: Webster's method, none above its capacity or at weight 0.

    The seats sum to min(seats, capacity of the strata with a weight); ties go to the
    earlier stratum. Raising `seats` lowers no stratum's number.
    """
    limits = [
        min(capacity, seats) if weight > 0 else 0
        for weight, capacity in zip(weights, capacities, strict=True)
    ]
    claims = [weight / (2 * np.arange(limit) + 1.0) for weight, limit in zip(weights, limits, strict=True)]
    owners = np.repeat(np.arange(len(limits)), limits)
    strongest = np.argsort(-np.concatenate([*claims, []]), kind="stable")[:seats]
    return [int(count) for count in np.bincount(owners[strongest], minlength=len(limits))]


def wished(weights: Sequence[float], seats: int) -> list[int]:
    """How many of the seats each stratum would get if all had enough: Webster's method again.

    Webster stays within a seat or so of the exact quota, so that all but the last few
    seats a stratum are given at once, whatever their number.
    """
    exact = [weight / sum(weights) * seats for weight in weights]
    counts = [max(0, int(quota) - len(weights)) for quota in exact]
    for _ in range(seats - sum(counts)):
        claims = [weight / (2 * count + 1) for weight, count in zip(weights, counts, strict=True)]
        counts[claims.index(max(claims))] += 1
    return counts


def _stage_quotas(pool: pl.DataFrame, spec: ReleaseSpec) -> tuple[Quota, ...]:
    shares = [spec.mix.share(stage) for stage in Stage]
    available = [pool.filter(stage=stage.value).height for stage in Stage]
    asked = wished(shares, spec.target_samples)
    drawn = apportion(shares, available, spec.target_samples)
    return tuple(
        Quota(stage.value, None, *counts)
        for stage, *counts in zip(Stage, asked, available, drawn, strict=True)
    )


def _source_quotas(pool: pl.DataFrame, stage: Quota) -> list[Quota]:
    """A stage's quota shared over its sources; what is asked may exceed what they have."""
    sizes = pool.filter(stage=stage.stage).group_by("source").len().sort("source")
    sources, available = sizes["source"].to_list(), sizes["len"].to_list()
    asked = wished(available, stage.asked) if sources else []
    drawn = apportion(available, available, stage.drawn)
    return [
        Quota(stage.stage, source, *counts)
        for source, *counts in zip(sources, asked, available, drawn, strict=True)
    ]


def _hashes(purpose: str, seed: int, keys: pl.Series) -> pl.Series:
    """First 64 bits of SHA-256 over purpose, seed and key, as uint64.

    The purpose keeps drawing and splitting independent: with one hash for both, the
    rows drawn first would all fall into the same split.
    """
    salted = hashlib.sha256(f"{purpose}\0{seed}\0".encode())
    digests = bytearray()
    for key in keys:
        digest = salted.copy()
        digest.update(key.encode())
        digests += digest.digest()[:8]
    return pl.Series("hash", np.frombuffer(bytes(digests), dtype=">u8").astype(np.uint64))
