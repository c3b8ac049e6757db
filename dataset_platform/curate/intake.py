"""How much of a source is of use: shares that say whether a delivery is what was expected; no text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daft import DataFrame, col

MOST_QUARANTINED = 0.05
MOST_DROPPED = 0.20
_SHOWN = 20


@dataclass(frozen=True)
class Intake:
    """How many of a source's rows are lost at a step, of how many, and to what, commonest first."""

    lost: int
    of: int
    most: float
    what: str
    reasons: Sequence[Mapping[str, object]]

    @property
    def share(self) -> float:
        return self.lost / self.of if self.of else 0.0

    @property
    def passed(self) -> bool:
        return self.share <= self.most

    def __str__(self) -> str:
        return f"{self.lost:,} of {self.of:,} {self.what} ({self.share:.1%}, at most {self.most:.0%})"


def judged_reading(files: DataFrame) -> Intake:
    """Records that could not be read (schemas.FILES), and the files that have them."""
    rows = files.select("origin_file", "records", "quarantined").to_pylist()
    broken = sorted((row for row in rows if row["quarantined"]), key=lambda row: -row["quarantined"])
    return Intake(
        lost=sum(row["quarantined"] for row in rows),
        of=sum(row["records"] for row in rows),
        most=MOST_QUARANTINED,
        what="records could not be read",
        reasons=broken[:_SHOWN],
    )


def judged_decisions(decisions: DataFrame) -> Intake:
    """Rows that are fit for no release (schemas.DECISIONS), by drop reason."""
    dropped = decisions.where(col("drop_reason").not_null())
    reasons = (
        dropped.groupby("drop_reason")
        .agg(col("drop_reason").count().alias("rows"))
        .sort([col("rows"), col("drop_reason")], desc=[True, False])
        .to_pylist()
    )
    return Intake(
        lost=sum(reason["rows"] for reason in reasons),
        of=decisions.count_rows(),
        most=MOST_DROPPED,
        what="rows are fit for no release",
        reasons=reasons,
    )
