"""clean_conversations: normalised, masked and flagged conversations of one source."""

import dagster as dg

from dataset_platform import curate
from dataset_platform.assets.partitions import SOURCES
from dataset_platform.assets.presentation import OWNERS, column_schema
from dataset_platform.schemas import CLEAN
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.tables import Table, write_table
from dataset_platform.storage.work import Work


@dg.asset(
    partitions_def=SOURCES,
    group_name="2_curation",
    owners=OWNERS,
    kinds={"parquet", "daft"},
    code_version=curate.VERSION,
    metadata={"dagster/column_schema": column_schema(CLEAN)},
)
def clean_conversations(storage: Storage, raw_conversations: Table) -> Work:
    """Conversations of one source with text normalised, private data replaced and safety flags set.

    One row for each raw row, also where nothing is left of it: `filter_decisions` says what is fit.

    When it is red: the failed check names the column, the rule and up to five records.
    """
    settings = storage.settings
    cleaning = curate.Cleaning(pseudonyms=curate.Pseudonyms(settings.pseudonyms))
    surrogates = curate.surrogates_of(cleaning, settings.pseudonym_key)
    return Work(
        inputs={
            "raw_conversations": raw_conversations.digest,
            "cleaning": cleaning.model_dump_json(),
            "curate": curate.VERSION,
            **({"pseudonym key": surrogates.key_id()} if surrogates else {}),
        },
        build=lambda folder: write_table(
            curate.clean(raw_conversations.frame, cleaning, surrogates), CLEAN, folder
        ),
    )
