"""How many rows are flagged, how gravely, and what is left to resolve: counts for people, no text."""

from daft import DataFrame, col, lit
from daft.functions import list_contains

from dataset_platform.curate.safety.flags import BLOCKED, Severity
from dataset_platform.curate.safety.toxicity import packaged_head

Counts = list[dict[str, object]]


def flag_counts(clean: DataFrame) -> Counts:
    """Rows for each flag, those without one first."""
    none = clean.where(col("flags").list_count("all") == lit(0)).count_rows()
    return [{"flag": "none", "rows": none}, *_of_names(clean, "flags")]


def severity_counts(clean: DataFrame) -> Counts:
    """Rows for each severity of a crisis."""
    found = clean.groupby("crisis_severity").agg(col("source").count().alias("rows")).to_pydict()
    rows = dict(zip(found["crisis_severity"], found["rows"], strict=True))
    return [{"severity": severity.name.lower(), "rows": rows.get(int(severity), 0)} for severity in Severity]


def toxic_share(clean: DataFrame) -> float:
    """Share of rows whose toxicity reaches the threshold; 0 where there are no rows."""
    total = clean.count_rows()
    return (
        clean.where(col("toxicity") >= lit(packaged_head().threshold)).count_rows() / total if total else 0.0
    )


def blocked_count(clean: DataFrame) -> int:
    return clean.where(list_contains(col("flags"), lit(BLOCKED.value))).count_rows()


def unresolved_counts(decisions: DataFrame) -> Counts:
    """Fit rows for each flag that nobody has resolved; a row with several counts at each."""
    return _of_names(decisions.where(col("drop_reason").is_null()), "unresolved")


def unresolved_count(decisions: DataFrame) -> int:
    """Fit rows with any flag that nobody has resolved."""
    fit = decisions.where(col("drop_reason").is_null())
    return fit.where(col("unresolved").list_count("all") > lit(0)).count_rows()


def _of_names(rows: DataFrame, column: str) -> Counts:
    names = rows.select(column).explode(col(column)).where(col(column).not_null())
    found = names.groupby(column).agg(col(column).count().alias("rows")).sort(column).to_pydict()
    return [{"flag": name, "rows": count} for name, count in zip(found[column], found["rows"], strict=True)]
