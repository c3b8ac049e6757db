"""What two releases do not have in common: rows, where they went and why, and how the mix shifted.

Rows are compared by conversation_id, then, for ids that only one release has, by place: a record that was
edited where it stood has another id and the same place. Text is never read, its digest tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import polars as pl

from dataset_platform.errors import VerificationFailed
from dataset_platform.release.files import ReleaseFiles
from dataset_platform.release.manifest import read_manifest
from dataset_platform.schemas import Fate, Split, Stage

PLACE = ["origin_file", "origin_position"]
ROWS = (
    "conversation_id",
    *PLACE,
    "source",
    "stage",
    "split",
    "language",
    "n_turns",
    "n_chars",
    "text_sha256",
)
QUANTILES = (0.1, 0.5, 0.9)


class Change(StrEnum):
    """What became of a row from one release to the other."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


class Absence(StrEnum):
    """Why a record that the other release exported is not even in the ledger of this one."""

    NO_SOURCE = "no_source"
    NO_FILE = "no_file"
    NO_RECORD = "no_record"


@dataclass(frozen=True)
class RowChange:
    """Rows of one source and stage that changed in one way for one reason.

    The reason is the fate that the ledger of the release without the row tells, with its code, or an absence;
    a changed row has none, and one that moved names its splits.
    """

    change: Change
    source: str
    stage: str
    reason: str
    rows: int


@dataclass(frozen=True)
class Shift:
    """Rows of one value of a column, before and after, and the shares of all rows that they are."""

    column: str
    value: str
    before: int
    after: int
    share_before: float
    share_after: float


@dataclass(frozen=True)
class LengthShift:
    """A quantile of a measure of length, before and after; null for a release without rows."""

    measure: str
    quantile: float
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Difference:
    """From release `before` to release `after`."""

    before: str
    after: str
    rows_before: int
    rows_after: int
    unchanged: int
    changes: tuple[RowChange, ...]
    shifts: tuple[Shift, ...]
    lengths: tuple[LengthShift, ...]

    def rows(self, change: Change) -> int:
        return sum(one.rows for one in self.changes if one.change is change)


def difference(before: Path, after: Path) -> Difference:
    """From the release in one folder to that in another; raises VerificationFailed where one is none."""
    return compare(ReleaseRows.of(before), ReleaseRows.of(after))


def compare(old: "ReleaseRows", new: "ReleaseRows") -> Difference:
    """From one release to another."""
    same_id = old.exported.join(new.exported, on="conversation_id", suffix="_after")
    same_text = pl.col("text_sha256") == pl.col("text_sha256_after")
    same_split = pl.col("split") == pl.col("split_after")
    only_old = old.exported.join(new.exported, on="conversation_id", how="anti")
    only_new = new.exported.join(old.exported, on="conversation_id", how="anti")
    edited = only_old.join(only_new, on=PLACE, how="semi")
    reworded = same_id.filter(~same_text).select(edited.columns)
    removed = only_old.join(only_new, on=PLACE, how="anti")
    added = only_new.join(only_old, on=PLACE, how="anti")
    changes = [
        *_counted(Change.ADDED, _reasoned(added, old)),
        *_counted(Change.REMOVED, _reasoned(removed, new)),
        *_counted(Change.CHANGED, pl.concat([edited, reworded]).with_columns(reason=pl.lit(""))),
        *_counted(Change.MOVED, same_id.filter(same_text & ~same_split).with_columns(reason=_MOVE)),
    ]
    return Difference(
        before=old.version,
        after=new.version,
        rows_before=old.exported.height,
        rows_after=new.exported.height,
        unchanged=same_id.filter(same_text & same_split).height,
        changes=tuple(changes),
        shifts=tuple(_shifts(old.exported, new.exported)),
        lengths=tuple(_length_shifts(old.exported, new.exported)),
    )


@dataclass(frozen=True)
class ReleaseRows:
    """The exported rows of a release, without text, and its ledger."""

    version: str
    exported: pl.DataFrame
    ledger: pl.DataFrame

    @classmethod
    def of(cls, folder: Path) -> "ReleaseRows":
        version = read_manifest(folder).version
        names = ReleaseFiles(version)
        try:
            exported = pl.read_parquet(folder / names.parquet, columns=list(ROWS))
            ledger = pl.read_parquet(folder / names.ledger)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise VerificationFailed(
                f"{folder}: a file cannot be read ({type(error).__name__}); "
                f"`dataset-platform verify --version {version}` names it"
            ) from None
        return cls(version, exported, ledger)


def _reasoned(rows: pl.DataFrame, other: ReleaseRows) -> pl.DataFrame:
    """Rows that the other release lacks, with its reason: told by id, else by place, else an absence."""
    fate = pl.format("{}: {}", "fate", "reason").fill_null(pl.col("fate"))
    told = other.ledger.with_columns(told=fate, rank=pl.col("fate").replace_strict(_RANKS))
    # An id may stand there twice: of a record and its exact duplicate, the one that came furthest tells.
    by_id = told.drop_nulls("conversation_id").sort("rank").unique("conversation_id", keep="first")
    known = rows.join(by_id.select("conversation_id", by_id="told"), on="conversation_id", how="left")
    known = known.join(told.select(*PLACE, by_place="told"), on=PLACE, how="left")
    absent = (
        pl.when(~pl.col("source").is_in(other.ledger["source"].implode()))
        .then(pl.lit(Absence.NO_SOURCE.value))
        .when(~pl.col("origin_file").is_in(other.ledger["origin_file"].implode()))
        .then(pl.lit(Absence.NO_FILE.value))
        .otherwise(pl.lit(Absence.NO_RECORD.value))
    )
    return known.with_columns(reason=pl.coalesce("by_id", "by_place", absent))


_MOVE = pl.format("{} to {}", "split", "split_after")
_RANKS = {fate.value: rank for rank, fate in enumerate(Fate)}


def _counted(change: Change, rows: pl.DataFrame) -> list[RowChange]:
    """One line a source, stage and reason, sorted."""
    keys = ["source", "stage", "reason"]
    counts = rows.group_by(keys).agg(rows=pl.len()).sort(keys)
    return [RowChange(change=change, **row) for row in counts.to_dicts()]


def _shifts(old: pl.DataFrame, new: pl.DataFrame) -> list[Shift]:
    orders: dict[str, Sequence[str]] = {"stage": tuple(Stage), "split": tuple(Split)}
    shifts = []
    for column in ("stage", "source", "split", "language"):
        before, after = (dict(rows.group_by(column).len().iter_rows()) for rows in (old, new))
        values = orders.get(column, sorted(before.keys() | after.keys()))
        for value in (value for value in values if value in before or value in after):
            was, is_ = before.get(value, 0), after.get(value, 0)
            shares = was / max(1, old.height), is_ / max(1, new.height)
            shifts.append(Shift(column, str(value), was, is_, *shares))
    return shifts


def _length_shifts(old: pl.DataFrame, new: pl.DataFrame) -> list[LengthShift]:
    return [
        LengthShift(measure, quantile, *(rows[measure].quantile(quantile, "nearest") for rows in (old, new)))
        for measure in ("n_turns", "n_chars")
        for quantile in QUANTILES
    ]
