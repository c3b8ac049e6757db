"""Where a conversation came from and went to, and what holds rows of a file or of a source."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from dataset_platform.errors import InputError
from dataset_platform.lineage.places import (
    Checkpoint,
    PublishedRelease,
    checkpoints,
    damage_told,
    published_releases,
)
from dataset_platform.schemas import Fate, Split
from dataset_platform.storage.files import sha256_of
from dataset_platform.storage.io_managers import Storage

SHORTEST_PREFIX = 6
_HEX = re.compile(rf"[0-9a-f]{{{SHORTEST_PREFIX},64}}")


@dataclass(frozen=True)
class Sighting:
    """One record of a conversation in one release; `split` is null unless it was exported."""

    version: str
    conversation_id: str
    source: str
    origin_file: str
    origin_sha256: str
    origin_position: int
    fate: Fate
    reason: str | None
    duplicate_of: str | None
    split: str | None


@dataclass(frozen=True)
class Holding:
    """What a release has of a file or a source: records by fate, and exported rows by split."""

    version: str
    records: int
    fates: dict[Fate, int]
    splits: dict[Split, int]

    @property
    def rows(self) -> int:
        return self.fates[Fate.EXPORTED]


@dataclass(frozen=True)
class Trace:
    """What was found: `kind` is conversation, file or source, and `name` what it is called in full.

    A conversation has sightings, a file or a source holdings; `checkpoints` were trained on releases of which
    they hold rows in the train split.
    """

    kind: str
    name: str
    sightings: tuple[Sighting, ...]
    holdings: tuple[Holding, ...]
    checkpoints: tuple[Checkpoint, ...]


@damage_told()
def trace(storage: Storage, target: str) -> Trace:
    """What all releases and checkpoints know of a conversation id, a file or a source.

    A file is named by its path below the landing area or by its SHA-256; first digits do for an id.
    Raises InputError when nothing is known of it, or an id's digits fit several, VerificationFailed for a
    damaged release.
    """
    releases = published_releases(storage)
    for kind, column in (("source", "source"), ("file", "origin_file")):
        holdings = [held for one in releases if (held := _holding(one, pl.col(column) == target))]
        if holdings:
            return _of_rows(storage, kind, target, releases, holdings)
    if _HEX.fullmatch(target):
        return _by_digits(storage, target, releases)
    raise InputError(f"no release knows a source, a file or a conversation {target!r}; {_how_to_name_it()}")


def trained_on(storage: Storage, releases: Sequence[PublishedRelease]) -> Iterator[Checkpoint]:
    """Checkpoints that were trained on one of the releases, as they are now."""
    digests = {sha256_of(one.file(one.names.manifest)) for one in releases}
    yield from (checkpoint for checkpoint in checkpoints(storage) if checkpoint.manifest_sha256 in digests)


def _by_digits(storage: Storage, digits: str, releases: Sequence[PublishedRelease]) -> Trace:
    ids, files = set(), set()
    for one in releases:
        known = one.ledger.filter(pl.col("conversation_id").str.starts_with(digits))
        ids |= set(known.select(pl.col("conversation_id").unique()).collect().to_series())
        files |= {sha256 for sha256 in one.input_sha256s.values() if sha256.startswith(digits)}
    if not ids | files:
        raise InputError(f"no release knows a conversation or a file {digits}; {_how_to_name_it()}")
    if len(ids) + len(files) > 1:
        raise InputError(
            f"{digits} begins {len(ids)} conversation ids and {len(files)} files; give more digits"
        )
    if files:
        return _of_file_digest(storage, files.pop(), releases)
    return _of_conversation(storage, ids.pop(), releases)


def _how_to_name_it() -> str:
    return (
        "give a source's name, a file's path below the landing area or its SHA-256, or "
        f"{SHORTEST_PREFIX} or more digits of a conversation_id"
    )


def _of_conversation(storage: Storage, id_: str, releases: Sequence[PublishedRelease]) -> Trace:
    sightings = tuple(sighting for one in releases for sighting in _sightings(one, id_))
    trained = {seen.version for seen in sightings if seen.split == Split.TRAIN}
    found = trained_on(storage, [one for one in releases if one.version in trained])
    return Trace("conversation", id_, sightings, (), tuple(found))


def _sightings(one: PublishedRelease, id_: str) -> Iterator[Sighting]:
    for row in one.ledger.filter(conversation_id=id_).collect().to_dicts():
        fate = Fate(row.pop("fate"))
        split = _split_of(one, id_) if fate is Fate.EXPORTED else None
        # A canary comes from no file but from the spec.
        sha256 = one.input_sha256s.get(row["origin_file"], one.lock.config_hash)
        yield Sighting(version=one.version, origin_sha256=sha256, fate=fate, split=split, **row)


def _split_of(one: PublishedRelease, id_: str) -> str:
    return str(one.splits.filter(conversation_id=id_).select("split").collect().item())


def _of_file_digest(storage: Storage, sha256: str, releases: Sequence[PublishedRelease]) -> Trace:
    """A file by its content: it may have had another name in another release."""
    holdings = []
    for one in releases:
        names = [name for name, digest in one.input_sha256s.items() if digest == sha256]
        held = _holding(one, pl.col("origin_file").is_in(pl.Series(names, dtype=pl.String).implode()))
        holdings += [held] if held else []
    return _of_rows(storage, "file", sha256, releases, holdings)


def _of_rows(
    storage: Storage,
    kind: str,
    name: str,
    releases: Sequence[PublishedRelease],
    holdings: Sequence[Holding],
) -> Trace:
    trained = {held.version for held in holdings if held.splits.get(Split.TRAIN)}
    found = trained_on(storage, [one for one in releases if one.version in trained])
    return Trace(kind, name, (), tuple(holdings), tuple(found))


def _holding(one: PublishedRelease, chosen: pl.Expr) -> Holding | None:
    """What the release has of the chosen rows; None where it never met any."""
    met = dict(one.ledger.filter(chosen).group_by("fate").len().collect().iter_rows())
    if not met:
        return None
    fates = {fate: met.get(fate.value, 0) for fate in Fate}
    held = fates[Fate.EXPORTED]
    counted = one.splits.filter(chosen).group_by("split").len().collect().iter_rows() if held else ()
    splits = dict(counted)
    return Holding(
        one.version, sum(met.values()), fates, {split: splits.get(split.value, 0) for split in Split}
    )
