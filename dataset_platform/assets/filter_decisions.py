"""filter_decisions: which conversations of one source are fit for a release, and why not the others."""

from pathlib import Path
from typing import Any

import daft
import dagster as dg

from dataset_platform import curate
from dataset_platform.assets.partitions import SOURCES
from dataset_platform.assets.presentation import OWNERS, column_schema
from dataset_platform.assets.reviewed import reviews_on
from dataset_platform.schemas import DECISIONS, DropReason
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.presentation import table
from dataset_platform.storage.tables import Table, write_table
from dataset_platform.storage.work import Work


@dg.asset(
    partitions_def=SOURCES,
    group_name="2_curation",
    owners=OWNERS,
    kinds={"parquet", "daft"},
    code_version=curate.FILTERING_VERSION,
    metadata={"dagster/column_schema": column_schema(DECISIONS)},
)
def filter_decisions(storage: Storage, clean_conversations: Table) -> Work:
    """For each cleaned row of one source, why it is fit for no release, and which flags nobody has resolved.

    Decided on what cleaning measured and on the decisions in `reviews/*.csv`: a changed limit or review
    cleans and measures nothing again.

    When it is red: a mistake in a review file is named with its line, or the failed check names the rule
    and up to five records.
    """
    reviews = reviews_on(storage, clean_conversations.frame)
    return Work(
        inputs={
            "clean_conversations": clean_conversations.digest,
            "filtering": curate.FILTERING_VERSION,
            "reviews": reviews.digest,
        },
        build=lambda folder: write_table(
            curate.decide(clean_conversations.frame, reviews), DECISIONS, folder
        ),
        describe=_facts,
    )


def _facts(folder: Path) -> dict[str, Any]:
    """What the UI shows of the decisions: counts only."""
    decisions = daft.read_parquet(f"{folder}/*.parquet")
    blocked = decisions.where(
        daft.col("drop_reason") == daft.lit(DropReason.BLOCKED_CONTENT.value)
    ).count_rows()
    return {
        "blocked": blocked,
        "unresolved": curate.unresolved_count(decisions),
        "unresolved_by_flag": table(curate.unresolved_counts(decisions)),
        "reviewed": decisions.where(daft.col("reviewed_by").not_null()).count_rows(),
    }
