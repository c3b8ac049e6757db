"""Rows that one release does without, as the filters of its spec say."""

import polars as pl

from dataset_platform.release.spec import Filters
from dataset_platform.schemas import FilterReason


def with_filter_reason(rows: pl.DataFrame, filters: Filters) -> pl.DataFrame:
    """The rows with the column filter_reason, null for those that the release may draw.

    Reads language, license, quality and is_edge_case. Of several reasons the first of `FilterReason` is
    given. Deliberately hard material is never filtered for its quality.
    """
    reason = pl.lit(None, dtype=pl.Categorical)
    if filters.min_quality:
        low = (pl.col("quality") < filters.min_quality) & ~pl.col("is_edge_case")
        reason = pl.when(low).then(_code(FilterReason.LOWER_QUALITY)).otherwise(reason)
    if filters.licenses is not None:
        other = ~pl.col("license").is_in(filters.licenses)
        reason = pl.when(other).then(_code(FilterReason.OTHER_LICENSE)).otherwise(reason)
    if filters.languages is not None:
        other = ~pl.col("language").is_in(filters.languages)
        reason = pl.when(other).then(_code(FilterReason.OTHER_LANGUAGE)).otherwise(reason)
    return rows.with_columns(filter_reason=reason)


def _code(reason: FilterReason) -> pl.Expr:
    return pl.lit(reason.value).cast(pl.Categorical)
