"""Accounting: where each input record ended. A release whose ledger does not close is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import polars as pl

from dataset_platform.errors import ContractError
from dataset_platform.schemas import LEDGER, Fate, Match

RECORD = ["origin_file", "origin_position"]


@dataclass(frozen=True)
class Records:
    """The id columns of a build's inputs, one row a record; text is never among them.

    Digests are bytes, and columns of few values are categories (see `compact`).

    clean: conversation_id, source, stage, origin_file, origin_position, license, language, is_edge_case,
        quality
    decisions: origin_file, origin_position, drop_reason, unresolved, split_group
    withdrawn: origin_file, origin_position, withdrawn_by
    clusters: conversation_id, origin_file, origin_position, cluster_id, match, duplicate_of
    quarantine: source, origin_file, origin_position, reason
    """

    clean: pl.DataFrame
    decisions: pl.DataFrame
    withdrawn: pl.DataFrame
    clusters: pl.DataFrame
    quarantine: pl.DataFrame

    @property
    def count(self) -> int:
        """Records that came in, readable or not."""
        return self.clean.height + self.quarantine.height

    def places(self) -> Self:
        """The same without what of clean records and decisions is more than their places."""
        return replace(self, clean=self.clean.select(RECORD), decisions=self.decisions.select(RECORD))


def matched(records: Records) -> pl.DataFrame:
    """Clean records with decision, withdrawal and cluster; one in no cluster is kept and its own cluster."""
    clusters = records.clusters.select(*RECORD, "cluster_id", "match", "duplicate_of")
    decided = _decided(records.clean, records.decisions.sort(RECORD))
    decided = decided.join(records.withdrawn, on=RECORD, how="left")
    known = decided.join(clusters, on=RECORD, how="left").with_columns(
        pl.col("cluster_id").fill_null(pl.col("conversation_id")),
        pl.col("match").fill_null(_category(Match.KEPT)),
    )
    return known.with_row_index("record")


def _decided(clean: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Clean records with their decisions, both by place; null where there is none."""
    if clean.select(RECORD).equals(decisions.select(RECORD)):
        return clean.hstack(decisions.drop(RECORD))  # a join would hold a table of all places besides
    return clean.join(decisions, on=RECORD, how="left")


def pool_of(known: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Columns of the matched records that a release may draw, whose filter_reason is known, from."""
    return known.lazy().filter(_kept(), pl.col("filter_reason").is_null()).select(columns).collect()


def make_ledger(
    records: pl.DataFrame, quarantine: pl.DataFrame, drawn: pl.Series, canaries: pl.DataFrame
) -> pl.DataFrame:
    """One row a record with its fate (schemas.LEDGER, digests as bytes), by file and position.

    `drawn` are the numbers, as in the column record, of the records that are exported, and `canaries` further
    lines of the ledger.

    Of several fates that could apply the earliest in the flow wins: quarantined, withdrawn,
    filtered as fit for no release, duplicate, filtered from this release, not sampled, exported.
    """
    withdrawn = pl.col("withdrawn_by").is_not_null()
    unwanted = pl.col("filter_reason").is_not_null()
    filtered = pl.col("drop_reason").is_not_null()
    duplicate = pl.col("match") != Match.KEPT.value
    exported = pl.col("record").is_in(drawn.implode())
    none = pl.lit(None, dtype=pl.Binary)
    read = records.with_columns(
        fate=pl.when(withdrawn)
        .then(_category(Fate.WITHDRAWN))
        .when(filtered)
        .then(_category(Fate.FILTERED))
        .when(duplicate)
        .then(_category(Fate.DUPLICATE))
        .when(unwanted)
        .then(_category(Fate.FILTERED))
        .when(exported)
        .then(_category(Fate.EXPORTED))
        .otherwise(_category(Fate.NOT_SAMPLED)),
        reason=pl.when(withdrawn)
        .then("withdrawn_by")
        .when(filtered)
        .then("drop_reason")
        .when(duplicate)
        .then("match")
        .otherwise("filter_reason"),
        duplicate_of=pl.when(duplicate & ~filtered & ~withdrawn).then("duplicate_of").otherwise(none),
    )
    unread = quarantine.with_columns(
        conversation_id=none, fate=_category(Fate.QUARANTINED), duplicate_of=none
    )
    lines = (read, unread, canaries)
    return pl.concat([of.select(LEDGER.names) for of in lines]).sort(RECORD)


def _kept() -> pl.Expr:
    fit = pl.col("drop_reason").is_null() & pl.col("withdrawn_by").is_null()
    return fit & (pl.col("match") == Match.KEPT.value)


def _category(value: StrEnum) -> pl.Expr:
    return pl.lit(value.value).cast(pl.Categorical)


def close_accounts(
    records: Records, known: pl.DataFrame, ledger: pl.DataFrame, drawn: int, canaries: int
) -> None:
    """Raises ContractError with a count for everything that keeps the accounts from closing.

    Each record has exactly one line in the ledger, and exports equal the rows drawn. `known` are the matched
    records, `drawn` how many of them were, and `canaries` how many lines of the ledger are of those.
    """
    entered = records.count + canaries
    places = ledger.select(RECORD).filter(~_as_before())
    undecided = known["unresolved"].null_count()
    overdecided = records.decisions.height - (records.clean.height - undecided)
    unknown = _absent(records.withdrawn, records.clean)
    hidden = records.clusters.join(records.withdrawn, on=RECORD, how="semi").height
    strangers = _absent(records.clusters, records.clean)
    twice = records.clusters.height - records.clusters.select(RECORD).unique().height
    kept = known.lazy().filter(_kept()).select("conversation_id").collect().to_series()
    exported = int((ledger["fate"] == Fate.EXPORTED.value).sum())
    _refuse(
        (entered - places.height, "positions are claimed by more than one clean or quarantined record"),
        (_missing(places), "positions below a file's last one are neither clean nor quarantined"),
        (undecided, "clean records have no decision in filter_decisions"),
        (abs(overdecided), "rows of filter_decisions are too many for the clean records"),
        (unknown, "rows of withdrawn_conversations name a record that is not among the clean ones"),
        (hidden, "withdrawn records take part in duplicate_clusters"),
        (strangers, "rows of duplicate_clusters name a record that is not among the clean ones"),
        (twice, "rows of duplicate_clusters repeat a record"),
        (_of_nothing(known, kept), "duplicates point to no kept conversation, so their text would be lost"),
        (len(kept) - kept.n_unique(), "kept conversations share a conversation_id with another"),
        (
            abs(ledger.height - entered),
            f"records of difference: {entered} came in, {ledger.height} in the ledger",
        ),
        (
            abs(exported - drawn - canaries),
            f"rows of difference: {exported} exported in the ledger, {drawn + canaries} drawn",
        ),
    )


def close_files(drawn: int, written: int) -> None:
    """Raises ContractError unless the files hold as many rows as were drawn."""
    _refuse((abs(drawn - written), f"rows of difference: {drawn} drawn, {written} in the files"))


def refuse_leaks(straddling: Mapping[str, int]) -> None:
    """Raises ContractError for texts, clusters or groups that were written to more than one split."""
    leaks = [f"{count} {what}" for what, count in straddling.items() if count]
    if leaks:
        raise ContractError(
            f"{' and '.join(leaks)} stand in more than one split. Materialise duplicate_clusters again."
        )


def _absent(rows: pl.DataFrame, clean: pl.DataFrame) -> int:
    """Rows at a place where no clean record is."""
    # Looked up among the rows, which are few: a table of all clean records would take hundreds of MB.
    present = clean.select(RECORD).join(rows, on=RECORD, how="semi")
    return rows.join(present, on=RECORD, how="anti").height


def _missing(places: pl.DataFrame) -> int:
    """Positions below the last of their file that do not occur; `places` are distinct."""
    per_file = places.group_by("origin_file").agg(last=pl.col("origin_position").max(), found=pl.len())
    return int((per_file["last"] + 1 - per_file["found"]).sum())


def _as_before() -> pl.Expr:
    """Of sorted rows those at the place of the row before."""
    same_file = pl.col("origin_file") == pl.col("origin_file").shift()
    return (same_file & (pl.col("origin_position") == pl.col("origin_position").shift())).fill_null(False)


def _of_nothing(known: pl.DataFrame, kept: pl.Series) -> int:
    """Duplicates of a conversation that is not among the kept ones."""
    duplicate = (pl.col("match") != Match.KEPT.value) & pl.col("drop_reason").is_null()
    of = known.lazy().filter(duplicate).select("duplicate_of").collect().to_series()
    return len(of) - int(of.is_in(kept.filter(kept.is_in(of.implode())).implode()).sum())


def _refuse(*counts: tuple[int, str]) -> None:
    problems = [f"{count} {what}" for count, what in counts if count]
    if problems:
        raise ContractError(
            f"The accounts do not close: {'; '.join(problems)}. Materialise the earlier steps again."
        )
