"""duplicate_clusters: conversations that say the same, over all sources."""

import dagster as dg

from dataset_platform import curate
from dataset_platform.assets.partitions import ALL_SOURCES
from dataset_platform.assets.presentation import OWNERS, column_schema
from dataset_platform.schemas import CLUSTERS
from dataset_platform.storage.tables import Table, write_table
from dataset_platform.storage.work import Work


@dg.asset(
    ins={
        "clean_conversations": dg.AssetIn(partition_mapping=ALL_SOURCES),
        "filter_decisions": dg.AssetIn(partition_mapping=ALL_SOURCES),
    },
    group_name="2_curation",
    owners=OWNERS,
    kinds={"parquet", "daft"},
    code_version=curate.DEDUPLICATION_VERSION,
    metadata={"dagster/column_schema": column_schema(CLUSTERS)},
)
def duplicate_clusters(clean_conversations: Table, filter_decisions: Table) -> Work:
    """Exact and near duplicates over all sources: which rows form a cluster, and which one is kept.

    Rows without a duplicate are not listed. Near duplicates share at least 70 % of their word 5-grams,
    verified on the texts, not estimated.

    When it is red: a source was added but not cleaned yet (materialise its partition), or the accounts of
    the steps before do not close (the check names source and counts).
    """
    deduplication = curate.Deduplication()
    return Work(
        inputs={
            "clean_conversations": clean_conversations.digest,
            "filter_decisions": filter_decisions.digest,
            "deduplication": deduplication.model_dump_json(),
            "curate": curate.DEDUPLICATION_VERSION,
        },
        build=lambda folder: write_table(
            curate.find_duplicates(clean_conversations.frame, filter_decisions.frame, deduplication),
            CLUSTERS,
            folder,
        ),
    )
