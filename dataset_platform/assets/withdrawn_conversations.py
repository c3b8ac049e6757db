"""withdrawn_conversations: rows that the log of withdrawals keeps out of every release from now on."""

import dagster as dg
import pyarrow.parquet as pq

from dataset_platform import lineage, release
from dataset_platform.assets.partitions import ALL_SOURCES
from dataset_platform.assets.presentation import OWNERS, Holds, table_metadata, tags
from dataset_platform.schemas import WITHDRAWN
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.tables import Table
from dataset_platform.storage.work import Work


@dg.asset(
    ins={
        "raw_conversations": dg.AssetIn(partition_mapping=ALL_SOURCES),
        "clean_conversations": dg.AssetIn(partition_mapping=ALL_SOURCES),
    },
    group_name="2_curation",
    owners=OWNERS,
    tags=tags(Holds.FIGURES, alone=False),
    kinds={"parquet", "daft"},
    code_version=release.VERSION,
    metadata=table_metadata(WITHDRAWN),
)
def withdrawn_conversations(storage: Storage, raw_conversations: Table, clean_conversations: Table) -> Work:
    """Rows of all sources that somebody withdrew, known by content wherever they were delivered again.

    Made from the log that `dataset-platform withdraw` keeps. While nothing was withdrawn, nothing is read.

    When it is red: an entry of the log is damaged or gone; restore the folder that the message names.
    """
    log = release.read_log(storage.store, storage.settings.withdrawals_prefix)
    lineage.require_whole_log(storage, log)
    return Work(
        inputs={
            "raw_conversations": raw_conversations.digest,
            "clean_conversations": clean_conversations.digest,
            "withdrawals": log.digest,
            "release": release.VERSION,
        },
        build=lambda folder: pq.write_table(
            release.withdrawn_rows(raw_conversations.frame, clean_conversations.frame, log),
            folder / "part-00000.parquet",
            compression="zstd",
        ),
    )
