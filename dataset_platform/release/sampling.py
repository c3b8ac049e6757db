"""Which rows a release holds: stratified by stage and source, seeded, stable.

A larger release is a superset of a smaller one with the same mix, because its seats are house-monotone
(see `apportionment`) and rows are taken from a source in an order that nothing else decides. Floors and
caps count rows, not shares: a limit that grew with the target would take seats away again.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import polars as pl

from dataset_platform.errors import InputError
from dataset_platform.release.apportionment import Stratum, apportion
from dataset_platform.release.spec import SUM_TOLERANCE, Limits, ReleaseSpec, SourceMix, Splits
from dataset_platform.schemas import Split, Stage

NO_STAGE = "none"  # of a source that the spec names and that has no row to draw


@dataclass(frozen=True)
class Quota:
    """Rows asked for, available and drawn in one stage, or in one source of a stage.

    Asked is what the mix gives when every stage and source has enough.
    """

    stage: str
    source: str | None
    asked: int
    available: int
    drawn: int


@dataclass(frozen=True)
class Draw:
    """The rows drawn, as the pool's columns in its order, and the quotas behind them."""

    rows: pl.DataFrame
    stages: tuple[Quota, ...]
    sources: tuple[Quota, ...]


def draw(pool: pl.DataFrame, spec: ReleaseSpec) -> Draw:
    """As many rows of the pool as the target and the caps allow, in the mix that the spec asks for.

    The pool has the columns conversation_id (unique, 32 bytes), source and stage; any others
    pass through. A stage whose share is 0 is never drawn from. Within a stage, sources
    take seats in proportion to their rows unless the spec gives them a share or a weight; within a
    source, rows are taken in an order that seed and conversation_id decide, whatever else the pool
    holds. Raises InputError when the sources of a stage have shares of more than 1 together, when the
    floors of stages and sources together exceed the target, or when another key leaves a floor nothing.
    """
    sources = _sources(pool, spec)
    _require_reach(sources, spec)
    stages = _stage_quotas(sources, spec)
    quotas = tuple(quota for stage in stages for quota in _source_quotas(sources, stage))
    missing = tuple(
        Quota(NO_STAGE, name, mix.floor, 0, 0)
        for name, mix in sorted(spec.sources.items())
        if name not in {source.name for source in sources}
    )
    # Sorted without the other columns: at millions of rows each copy of those is some hundred MB.
    ranked = pool.select(
        "stage",
        "source",
        "conversation_id",
        rank=pl.Series(_hashes("draw", spec.seed, pool["conversation_id"])),
        place=pl.int_range(pl.len(), dtype=pl.UInt32),
    ).sort("rank", "conversation_id")
    ranked = ranked.select("stage", "source", "place")
    taken = [
        ranked.filter(stage=quota.stage, source=quota.source)["place"].head(quota.drawn)
        for quota in quotas
        if quota.drawn
    ]
    rows = pool[pl.concat(taken).sort()] if taken else pool.clear()
    return Draw(rows, stages, quotas + missing)


def assign_splits(together: pl.Series, seed: int, splits: Splits) -> pl.Series:
    """The split of each row, decided by the seed and the name of what stays together alone."""
    # float64 holds 53 bits: the shift keeps the quotient below 1 for every hash.
    place = (_hashes("split", seed, together) >> np.uint64(11)) / 2.0**53
    bounds = np.cumsum([splits.share(split) for split in Split])[:-1]
    names = [split.value for split in Split]
    places = np.searchsorted(bounds, place, side="right")
    return pl.Series("split", names, dtype=pl.Enum(names)).gather(places)


@dataclass(frozen=True)
class _Source:
    """What one source has to offer to one stage."""

    stage: str
    name: str
    available: int
    mix: SourceMix
    weight: float

    @property
    def most(self) -> int:
        return _within(self.available, self.mix) if self.weight else 0

    @property
    def least(self) -> int:
        return min(self.mix.floor, self.most)


def _sources(pool: pl.DataFrame, spec: ReleaseSpec) -> list[_Source]:
    """The sources of the pool, by stage and name, with the weight that they have within their stage."""
    sizes = pool.group_by("stage", "source").len().sort("stage", "source").rows()
    weighed = []
    for stage, of_stage in groupby(sizes, key=lambda size: size[0]):
        named = [(name, rows, spec.sources.get(name, SourceMix())) for _, name, rows in of_stage]
        shared = _shared(stage, named)
        loose = sum(rows * mix.weight for _, rows, mix in named if mix.share is None)
        for name, rows, mix in named:
            weight = mix.share if mix.share is not None else (1 - shared) * rows * mix.weight / (loose or 1)
            weighed.append(_Source(stage, name, rows, mix, max(0.0, weight)))
    return weighed


def _shared(stage: str, sources: Iterable[tuple[str, int, SourceMix]]) -> float:
    """What the shares of a stage's sources sum to; raises InputError above 1."""
    shares = {name: mix.share for name, _, mix in sources if mix.share is not None}
    total = sum(shares.values())
    if total > 1 + SUM_TOLERANCE:
        raise InputError(
            f"sources: the shares of {', '.join(shares)} sum to {total:g}, and all are shares of the stage "
            f"{stage}: lower them to 1 or less"
        )
    return min(total, 1.0)


def _stage_quotas(sources: Sequence[_Source], spec: ReleaseSpec) -> tuple[Quota, ...]:
    target, wishes, strata, available = spec.target_samples, [], [], []
    for stage in Stage:
        mine = [source for source in sources if source.stage == stage.value]
        limits, share = spec.stages.of(stage), spec.mix.share(stage)
        floor = max(limits.floor, sum(source.mix.floor for source in mine))
        most = _within(sum(source.most for source in mine), limits)
        wishes.append(Stratum(share, _within(target, limits), min(floor, _within(target, limits))))
        least = max(min(limits.floor, most), min(most, sum(source.least for source in mine)))
        strata.append(Stratum(share, most, least))
        available.append(sum(source.available for source in mine))
    _require_room(strata, target)
    asked, drawn = apportion(wishes, target), apportion(strata, target)
    return tuple(
        Quota(stage.value, None, *counts)
        for stage, *counts in zip(Stage, asked, available, drawn, strict=True)
    )


def _require_room(strata: Iterable[Stratum], target: int) -> None:
    """The spec alone shows floors of stages, or of sources, that exceed its target; not both together."""
    needed = sum(stratum.floor for stratum in strata if stratum.weight)
    if needed > target:
        raise InputError(
            f"the floors of stages and sources ask for {needed} rows together and target_samples for "
            f"{target}; lower the floors or ask for more"
        )


def _require_reach(sources: Sequence[_Source], spec: ReleaseSpec) -> None:
    """Raises InputError for the floors that cannot be met however many rows there are."""
    reached = {source.name for source in sources if source.weight and spec.mix.share(Stage(source.stage))}
    hollow = [
        f"sources.{name}.floor: the mix, or shares and weights of `sources`, leave it nothing"
        for name in sorted({source.name for source in sources if source.mix.floor} - reached)
    ]
    for stage in Stage:
        limits = spec.stages.of(stage)
        floors = sum(source.mix.floor for source in sources if source.stage == stage.value)
        if limits.floor and not spec.mix.share(stage):
            hollow.append(f"stages.{stage}.floor: the mix leaves it nothing")
        if limits.cap is not None and limits.cap < floors:
            hollow.append(f"stages.{stage}.cap: is {limits.cap}, below the floors of its sources, {floors}")
    if hollow:
        raise InputError(f"{'; '.join(hollow)}. Lower the floors, or mend the other key")


def _source_quotas(sources: Sequence[_Source], stage: Quota) -> list[Quota]:
    """A stage's quota shared over its sources; what is asked may exceed what they have."""
    mine = [source for source in sources if source.stage == stage.stage]
    wishes = [
        Stratum(source.weight, _within(stage.asked, source.mix), min(source.mix.floor, stage.asked))
        for source in mine
    ]
    asked = apportion(wishes, stage.asked)
    drawn = apportion([Stratum(source.weight, source.most, source.least) for source in mine], stage.drawn)
    return [
        Quota(stage.stage, source.name, wish, source.available, rows)
        for source, wish, rows in zip(mine, asked, drawn, strict=True)
    ]


def _within(rows: int, limits: Limits) -> int:
    return rows if limits.cap is None else min(rows, limits.cap)


def _hashes(purpose: str, seed: int, ids: pl.Series) -> np.ndarray:
    """A number of 64 bits for each digest, decided by purpose, seed and digest alone.

    Ids are SHA-256s, so their first 64 bits are random already; the finaliser of SplitMix64 (Steele, Lea,
    Flood 2014), keyed by seed and purpose, puts them in another order. It is a bijection, so no two differ
    in less than before. The purpose keeps drawing and splitting independent: with one hash for both, the rows
    drawn first would all fall into the same split.
    """
    key = np.frombuffer(hashlib.sha256(f"{purpose}\0{seed}".encode()).digest()[:8], dtype="<u8")
    mixed = ids.bin.head(8).bin.reinterpret(dtype=pl.UInt64, endianness="big").to_numpy() + key
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
