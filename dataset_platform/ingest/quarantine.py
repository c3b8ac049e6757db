"""What a quarantine holds, grouped so that a person sees what to mend first, and how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dataset_platform.schemas import QuarantineReason

FIRST_POSITIONS = 3

CURES: Mapping[QuarantineReason, str] = {
    QuarantineReason.EMPTY_FILE: "deliver it again",
    QuarantineReason.BAD_ENCODING: "name the `encoding`, or convert the file",
    QuarantineReason.BAD_SYNTAX: "mend the record",
    QuarantineReason.TRUNCATED: "deliver it again",
    QuarantineReason.WRONG_TYPE: "mend the record",
    QuarantineReason.MISSING_FIELD: "mend the record, or add a shape to the description",
    QuarantineReason.UNKNOWN_ROLE: "map it in the description",
    QuarantineReason.TOO_LARGE: "split it, leave it out, or raise the limit",
    QuarantineReason.DUPLICATE_KEY: "mend the record",
    QuarantineReason.BAD_COMPRESSION: "deliver it again, an archive unpacked",
}
"""The usual cure of each reason, as the runbook words it."""


@dataclass(frozen=True)
class QuarantineGroup:
    """Records of one file that could not be read for one reason.

    `positions` are those of the first few; `detail` is the first one's.
    """

    reason: QuarantineReason
    origin_file: str
    records: int
    positions: tuple[int, ...]
    detail: str

    @property
    def cure(self) -> str:
        return CURES[self.reason]


def quarantine_groups(
    paths: Sequence[str], reason: QuarantineReason | None = None, file: str | None = None
) -> tuple[QuarantineGroup, ...]:
    """The groups in tables of the contract QUARANTINE: by reason, the most frequent first, then by file."""
    position = pl.col("origin_position")
    frame = (
        _chosen(paths, reason, file)
        .group_by("reason", "origin_file")
        .agg(
            pl.len().alias("records"),
            position.bottom_k(FIRST_POSITIONS).sort().alias("positions"),
            pl.col("detail").get(position.arg_min()).alias("detail"),
        )
        .sort(-pl.col("records").cast(pl.Int64).sum().over("reason"), "reason", "origin_file")
        .collect()
    )
    return tuple(
        QuarantineGroup(
            QuarantineReason(row["reason"]),
            row["origin_file"],
            row["records"],
            tuple(row["positions"]),
            row["detail"],
        )
        for row in frame.iter_rows(named=True)
    )


def quarantined_records(
    paths: Sequence[str],
    reason: QuarantineReason | None = None,
    file: str | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """File, position, reason and detail of the records, in the order of files and positions."""
    columns = ["origin_file", "origin_position", "reason", "detail"]
    records = _chosen(paths, reason, file).select(columns).sort(columns[:2])
    return (records if limit is None else records.head(limit)).collect().to_dicts()


def _chosen(paths: Sequence[str], reason: QuarantineReason | None, file: str | None) -> pl.LazyFrame:
    wanted = [
        pl.col(column) == value
        for column, value in (("reason", reason), ("origin_file", file))
        if value is not None
    ]
    return pl.scan_parquet(list(paths)).filter(wanted or True)
