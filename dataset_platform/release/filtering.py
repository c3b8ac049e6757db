"""Rows that one release does without, as the filters of its spec say."""

import polars as pl

from dataset_platform.errors import InputError
from dataset_platform.release.spec import Filters
from dataset_platform.schemas import FilterReason

QUALITY = "quality"


def with_filter_reason(rows: pl.DataFrame, filters: Filters) -> pl.DataFrame:
    """The rows with the column filter_reason, null for those that the release may draw.

    Reads language, license, is_edge_case and, for a limit above 0, quality. Of several reasons the first of
    `FilterReason` is given. Deliberately hard material is never filtered for its quality. Raises InputError
    when quality is asked for and was not measured.
    """
    if filters.min_quality and QUALITY not in rows.columns:
        raise InputError(
            "filters.min_quality: the cleaned conversations have no column quality; "
            "clean the sources again, or remove the filter"
        )
    none = pl.lit(None, dtype=pl.String)
    reason = none
    if filters.min_quality:
        low = (pl.col(QUALITY) < filters.min_quality) & ~pl.col("is_edge_case")
        reason = pl.when(low).then(pl.lit(FilterReason.LOW_QUALITY.value)).otherwise(reason)
    if filters.licenses is not None:
        other = ~pl.col("license").is_in(filters.licenses)
        reason = pl.when(other).then(pl.lit(FilterReason.OTHER_LICENSE.value)).otherwise(reason)
    if filters.languages is not None:
        other = ~pl.col("language").is_in(filters.languages)
        reason = pl.when(other).then(pl.lit(FilterReason.OTHER_LANGUAGE.value)).otherwise(reason)
    return rows.with_columns(filter_reason=reason)
