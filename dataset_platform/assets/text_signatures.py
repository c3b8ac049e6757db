"""text_signatures: what finding duplicates needs to know of the conversations of one source."""

import dagster as dg

from dataset_platform import curate
from dataset_platform.assets.partitions import SOURCES
from dataset_platform.assets.presentation import OWNERS, Holds, table_metadata, tags
from dataset_platform.schemas import SIGNATURES
from dataset_platform.storage.tables import Table, write_table
from dataset_platform.storage.work import Work


@dg.asset(
    partitions_def=SOURCES,
    group_name="2_curation",
    owners=OWNERS,
    tags=tags(Holds.FIGURES, alone=True),
    kinds={"parquet", "daft"},
    code_version=curate.SIGNATURES_VERSION,
    metadata=table_metadata(SIGNATURES),
)
def text_signatures(clean_conversations: Table) -> Work:
    """A sketch of each cleaned text of one source, and the hashes of its longer answers.

    Stored, so that a new source is compared with the others without reading them again.

    When it is red: the failed check names the rule and up to five records.
    """
    signing = curate.Signing()
    return Work(
        inputs={
            "clean_conversations": clean_conversations.digest,
            "signing": signing.model_dump_json(),
            "signatures": curate.SIGNATURES_VERSION,
        },
        build=lambda folder: write_table(curate.sign(clean_conversations.frame, signing), SIGNATURES, folder),
    )
