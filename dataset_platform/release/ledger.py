"""Accounting: where each input record ended. A release whose ledger does not close is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

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


def matched(records: Records) -> pl.DataFrame:
    """Clean records with decision, withdrawal and cluster; one in no cluster is kept and its own cluster."""
    clusters = records.clusters.select(*RECORD, "cluster_id", "match", "duplicate_of")
    decided = records.clean.join(records.decisions, on=RECORD, how="left")
    decided = decided.join(records.withdrawn, on=RECORD, how="left")
    known = decided.join(clusters, on=RECORD, how="left").with_columns(
        pl.col("cluster_id").fill_null(pl.col("conversation_id")),
        pl.col("match").fill_null(_category(Match.KEPT)),
    )
    return known.with_row_index("record")


def pool_of(records: pl.DataFrame) -> pl.DataFrame:
    """Those of the matched records that a release may draw from."""
    fit = pl.col("drop_reason").is_null() & pl.col("withdrawn_by").is_null()
    return records.filter(fit, match=Match.KEPT.value)


def make_ledger(records: pl.DataFrame, quarantine: pl.DataFrame, drawn: pl.Series) -> pl.DataFrame:
    """One row a record with its fate (schemas.LEDGER, digests as bytes), by file and position.

    `drawn` are the numbers, as in the column record, of the records that are exported.

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
    return pl.concat([read.select(LEDGER.names), unread.select(LEDGER.names)]).sort(RECORD)


def _category(value: StrEnum) -> pl.Expr:
    return pl.lit(value.value).cast(pl.Categorical)


def close_inputs(records: Records, known: pl.DataFrame) -> None:
    """Raises ContractError with a count for everything that keeps the accounts from closing.

    `known` are the matched records.
    """
    pool = pool_of(known)
    positions = pl.concat([records.clean.select(RECORD), records.quarantine.select(RECORD)]).sort(RECORD)
    repeated = _repeated(positions)
    missing = _missing_positions(positions)
    undecided = known["unresolved"].null_count()
    overdecided = records.decisions.height - (records.clean.height - undecided)
    unknown = records.withdrawn.join(records.clean, on=RECORD, how="anti").height
    hidden = records.clusters.join(records.withdrawn, on=RECORD, how="semi").height
    strangers = records.clusters.join(records.clean, on=RECORD, how="anti").height
    twice = records.clusters.height - records.clusters.select(RECORD).unique().height
    orphans = _duplicates_of_nothing(known, pool)
    same_id = pool.height - pool["conversation_id"].n_unique()
    _refuse(
        (repeated, "positions are claimed by more than one clean or quarantined record"),
        (missing, "positions below a file's last one are neither clean nor quarantined"),
        (undecided, "clean records have no decision in filter_decisions"),
        (abs(overdecided), "rows of filter_decisions are too many for the clean records"),
        (unknown, "rows of withdrawn_conversations name a record that is not among the clean ones"),
        (hidden, "withdrawn records take part in duplicate_clusters"),
        (strangers, "rows of duplicate_clusters name a record that is not among the clean ones"),
        (twice, "rows of duplicate_clusters repeat a record"),
        (orphans, "duplicates point to no kept conversation, so their text would be lost"),
        (same_id, "kept conversations share a conversation_id with another"),
    )


def close_ledger(ledger: pl.DataFrame, entered: int, drawn: int) -> None:
    """Raises ContractError unless each record has exactly one line and exports equal the rows drawn."""
    repeated = _repeated(ledger.select(RECORD))
    exported = ledger.filter(fate=Fate.EXPORTED.value).height
    _refuse(
        (
            abs(ledger.height - entered),
            f"records of difference: {entered} came in, {ledger.height} in the ledger",
        ),
        (repeated, "records stand in the ledger more than once"),
        (
            abs(exported - drawn),
            f"rows of difference: {exported} exported in the ledger, {drawn} drawn",
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


def _repeated(positions: pl.DataFrame) -> int:
    """Rows of sorted positions that are those of the row before."""
    return int(positions.select(_as_before()).to_series().sum())


def _missing_positions(positions: pl.DataFrame) -> int:
    """Positions below the last of their file that do not occur; `positions` are sorted."""
    found = positions.filter(~_as_before()).group_by("origin_file")
    per_file = found.agg(last=pl.col("origin_position").max(), found=pl.len())
    return int((per_file["last"] + 1 - per_file["found"]).sum())


def _as_before() -> pl.Expr:
    same_file = pl.col("origin_file") == pl.col("origin_file").shift()
    return (same_file & (pl.col("origin_position") == pl.col("origin_position").shift())).fill_null(False)


def _duplicates_of_nothing(known: pl.DataFrame, pool: pl.DataFrame) -> int:
    fit = known.filter(pl.col("match") != Match.KEPT.value, pl.col("drop_reason").is_null())
    kept = pool["conversation_id"].filter(pool["conversation_id"].is_in(fit["duplicate_of"].implode()))
    return fit.height - int(fit["duplicate_of"].is_in(kept.implode()).sum())


def _refuse(*counts: tuple[int, str]) -> None:
    problems = [f"{count} {what}" for count, what in counts if count]
    if problems:
        raise ContractError(
            f"The accounts do not close: {'; '.join(problems)}. Materialise the earlier steps again."
        )
