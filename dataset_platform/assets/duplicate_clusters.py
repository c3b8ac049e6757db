"""duplicate_clusters: conversations that say the same, over all sources."""

import dagster as dg

from dataset_platform import curate, release
from dataset_platform.assets.partitions import ALL_SOURCES
from dataset_platform.assets.presentation import OWNERS, Holds, table_metadata, tags
from dataset_platform.schemas import CLUSTERS
from dataset_platform.storage.tables import Table, write_batches
from dataset_platform.storage.work import Work


@dg.asset(
    ins={
        "clean_conversations": dg.AssetIn(partition_mapping=ALL_SOURCES),
        "text_signatures": dg.AssetIn(partition_mapping=ALL_SOURCES),
        "filter_decisions": dg.AssetIn(partition_mapping=ALL_SOURCES),
    },
    group_name="2_curation",
    owners=OWNERS,
    tags=tags(Holds.FIGURES, alone=False),
    kinds={"parquet", "daft"},
    code_version=curate.DEDUPLICATION_VERSION,
    metadata=table_metadata(CLUSTERS),
)
def duplicate_clusters(
    clean_conversations: Table,
    text_signatures: Table,
    filter_decisions: Table,
    withdrawn_conversations: Table,
) -> Work:
    """Exact and near duplicates over all sources: which rows form a cluster, and which one is kept.

    Rows without a duplicate are not listed, and withdrawn ones hide no other. Near duplicates share at least
    70 % of their word 5-grams, verified on the texts, not estimated.

    When it is red: a source was added but not cleaned yet (materialise its partition), or the accounts of
    the steps before do not close (the check names source and counts).
    """
    deduplication = curate.Deduplication()
    return Work(
        inputs={
            "clean_conversations": clean_conversations.digest,
            "text_signatures": text_signatures.digest,
            "filter_decisions": filter_decisions.digest,
            "withdrawn_conversations": withdrawn_conversations.digest,
            "deduplication": deduplication.model_dump_json(),
            "curate": curate.DEDUPLICATION_VERSION,
        },
        build=lambda folder: write_batches(
            curate.find_duplicates(
                text_signatures.frame,
                clean_conversations.frame,
                release.without(filter_decisions.frame, withdrawn_conversations.frame),
                folder,
                deduplication,
            ),
            CLUSTERS,
            folder,
        ),
    )
