"""filter_decisions: which conversations of one source are fit for a release, and why not the others."""

import dagster as dg

from dataset_platform import curate
from dataset_platform.assets.partitions import SOURCES
from dataset_platform.assets.presentation import OWNERS, column_schema
from dataset_platform.schemas import DECISIONS
from dataset_platform.storage.io_managers import Storage
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
def filter_decisions(storage: Storage, clean_conversations: Table, heldout_overlap: Table) -> Work:
    """For each cleaned row of one source, why it is fit for no release; null where it is fit.

    Decided on what was measured before: a changed limit cleans and measures nothing again.

    When it is red: the failed check names the rule and up to five records.
    """
    max_share = storage.settings.heldout_max_share
    return Work(
        inputs={
            "clean_conversations": clean_conversations.digest,
            "heldout_overlap": heldout_overlap.digest,
            "heldout_max_share": str(max_share),
            "filtering": curate.FILTERING_VERSION,
        },
        build=lambda folder: write_table(
            curate.without_contaminated(
                curate.decide(clean_conversations.frame), heldout_overlap.frame, max_share
            ),
            DECISIONS,
            folder,
        ),
    )
