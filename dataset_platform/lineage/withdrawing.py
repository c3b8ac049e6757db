"""From what somebody names to an entry in the log of withdrawals, and to everything that has its rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import daft
import polars as pl
import pyarrow as pa

from dataset_platform.lineage.places import (
    Checkpoint,
    PublishedRelease,
    damage_told,
    published_releases,
)
from dataset_platform.lineage.targets import CurrentTables, Target
from dataset_platform.lineage.tracing import trained_on
from dataset_platform.release.withdrawals import Entry, Request, Withdrawal, WithdrawalLog, read_log, record
from dataset_platform.release.withdrawn import CARRIED, PLACE, Matcher, fingerprints_at, withdrawn_rows
from dataset_platform.schemas import FINGERPRINTS, Likeness, Split
from dataset_platform.storage.io_managers import Storage


@dataclass(frozen=True)
class Affected:
    """Rows of a release that were withdrawn, by split."""

    version: str
    url: str
    splits: dict[Split, int]

    @property
    def rows(self) -> int:
        return sum(self.splits.values())


@dataclass(frozen=True)
class Withdrawn:
    """An entry of the log; `new` if it was not there before.

    `rows` are those of the tables as they are now, `duplicates` those of them that only say the same as what
    was named, word by word or nearly.
    """

    withdrawal: Withdrawal
    new: bool
    rows: int
    duplicates: int
    releases: tuple[Affected, ...]
    checkpoints: tuple[Checkpoint, ...]


@damage_told()
def withdraw(storage: Storage, target: Target, reason: str, near: bool, now: datetime) -> Withdrawn:
    """Records that the target's rows, and rows that say the same, may stand in no release from now on.

    With `near`, members of their duplicate clusters are withdrawn, too. What is in the log already is not
    recorded again. Raises VerificationFailed, and records nothing, where a release is damaged: its rows are
    told by their fingerprints, too.
    """
    tables, releases = CurrentTables(storage), published_releases(storage)
    request = Request(
        by=target.by, value=target.value, stretch=target.stretch, reason=reason, withdrawn_at=now
    )
    named = _as_log(Withdrawal.of(request), _NONE)
    found = Matcher(named).as_delivered(tables.raw).select([*PLACE])
    places = _with_likeness(found, tables.clusters if near else tables.clusters.clear())
    fingerprints = fingerprints_at(places, tables.raw, tables.clean)
    fingerprints = pa.concat_tables([fingerprints, *_published(releases, named, fingerprints)])
    store, prefix = storage.store, storage.settings.withdrawals_prefix
    before = _holding(read_log(store, prefix), target, fingerprints)
    withdrawal = before or record(store, prefix, request, fingerprints)
    log = _as_log(withdrawal, fingerprints)
    gone = withdrawn_rows(tables.raw, tables.clean, log)
    affected = tuple(held for one in releases if (held := _affected(one, log)))
    trained = {held.version for held in affected if held.splits[Split.TRAIN]}
    return Withdrawn(
        withdrawal,
        new=before is None,
        rows=gone.num_rows,
        duplicates=gone.num_rows - found.num_rows,
        releases=affected,
        checkpoints=tuple(trained_on(storage, [one for one in releases if one.version in trained])),
    )


_NONE = FINGERPRINTS.arrow.empty_table()


def _as_log(withdrawal: Withdrawal, fingerprints: pa.Table) -> WithdrawalLog:
    return WithdrawalLog.of([Entry(withdrawal, fingerprints)])


def _with_likeness(found: pa.Table, clusters: pl.DataFrame) -> pa.Table:
    """The places that were found, and those of their clusters' other members."""
    itself = pl.DataFrame(found).unique()
    touched = clusters.join(itself, on=[*PLACE], how="semi").select("cluster_id").unique()
    members = clusters.join(touched, on="cluster_id", how="semi").select(PLACE)
    others = members.join(itself, on=[*PLACE], how="anti")
    both = [
        itself.with_columns(likeness=pl.lit(Likeness.ITSELF.value)),
        others.with_columns(likeness=pl.lit(Likeness.DUPLICATE.value)),
    ]
    return pl.concat(both).to_arrow().cast(_PLACES)


_PLACES = pa.schema(
    [("origin_file", pa.string()), ("origin_position", pa.int64()), ("likeness", pa.string())]
)


def _published(
    releases: Sequence[PublishedRelease], named: WithdrawalLog, known: pa.Table
) -> Iterator[pa.Table]:
    """Fingerprints of rows that only releases still have: their files left, or changed since."""
    seen = set(known["conversation_id"].to_pylist())
    for one in releases:
        ids = set(_matching(one, named).select("conversation_id").to_series()) - seen
        seen |= ids
        rows = pl.scan_parquet(one.shards).filter(pl.col("conversation_id").is_in(sorted(ids)))
        yield (
            rows.select("conversation_id", "text_sha256")
            .with_columns(
                content_sha256=pl.lit(None, pl.String), likeness=pl.lit(Likeness.PUBLISHED.value, pl.String)
            )
            .collect()
            .to_arrow()
            .cast(FINGERPRINTS.arrow)
        )


def _matching(one: PublishedRelease, log: WithdrawalLog) -> pl.DataFrame:
    """Rows of a release that the log holds for: source, conversation_id and place, once each."""
    frame, matcher = daft.read_parquet([str(path) for path in one.shards]), Matcher(log)
    found = pa.concat_tables([matcher.as_delivered(frame), matcher.as_cleaned(frame)])
    return pl.DataFrame(found.select([*CARRIED])).unique()


def _affected(one: PublishedRelease, log: WithdrawalLog) -> Affected | None:
    found = _matching(one, log)
    if found.is_empty():
        return None
    held = one.splits.join(found.lazy().select("conversation_id"), on="conversation_id", how="semi")
    counts = dict(held.group_by("split").len().collect().iter_rows())
    return Affected(one.version, one.url, {split: counts.get(split.value, 0) for split in Split})


def _holding(log: WithdrawalLog, target: Target, fingerprints: pa.Table) -> Withdrawal | None:
    """The entry that says all of this already."""
    wanted = set(fingerprints["conversation_id"].to_pylist())
    for entry in log.entries:
        same = (entry.withdrawal.by, entry.withdrawal.value) == (target.by, target.value)
        if same and wanted <= set(entry.fingerprints["conversation_id"].to_pylist()):
            return entry.withdrawal
    return None
