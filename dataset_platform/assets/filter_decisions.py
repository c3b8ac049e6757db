"""filter_decisions: which conversations of one source are fit for a release, and why not the others."""

import dagster as dg

from dataset_platform import curate
from dataset_platform.assets.partitions import SOURCES
from dataset_platform.assets.presentation import OWNERS, column_schema
from dataset_platform.schemas import DECISIONS
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
def filter_decisions(clean_conversations: Table) -> Work:
    """For each cleaned row of one source, why it is fit for no release; null where it is fit.

    Decided on what cleaning measured: a changed limit cleans and measures nothing again.

    When it is red: the failed check names the rule and up to five records.
    """
    return Work(
        inputs={
            "clean_conversations": clean_conversations.digest,
            "filtering": curate.FILTERING_VERSION,
        },
        build=lambda folder: write_table(curate.decide(clean_conversations.frame), DECISIONS, folder),
    )
