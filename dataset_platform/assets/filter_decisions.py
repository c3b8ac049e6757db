"""filter_decisions: which conversations of one source are fit for a release, and why not the others."""

from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq

from dataset_platform import curate, ingest
from dataset_platform.assets.partitions import SOURCES
from dataset_platform.assets.presentation import OWNERS, column_schema
from dataset_platform.schemas import DECISIONS
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.presentation import table
from dataset_platform.storage.tables import Table, write_table
from dataset_platform.storage.work import Work, sha256_of


@dg.asset(
    partitions_def=SOURCES,
    group_name="2_curation",
    owners=OWNERS,
    kinds={"parquet", "daft"},
    code_version=curate.FILTERING_VERSION,
    metadata={"dagster/column_schema": column_schema(DECISIONS)},
)
def filter_decisions(
    context: dg.AssetExecutionContext, storage: Storage, clean_conversations: Table, heldout_overlap: Table
) -> Work:
    """For each cleaned row of one source, why it is fit for no release; null where it is fit.

    Decided on what was measured before, by the block `filters` of the source's description and by
    DATASET_HELDOUT_MAX_SHARE: a changed limit reads, cleans and measures nothing again.

    When it is red: the failed check names the rule and up to five records.
    """
    path = storage.description_path(context.partition_key)
    description = ingest.load_description(path)
    max_share = storage.settings.heldout_max_share

    def build(folder: Path) -> None:
        decisions = curate.decide(clean_conversations.frame, description.filters)
        decisions = curate.without_contaminated(decisions, heldout_overlap.frame, max_share)
        write_table(decisions, DECISIONS, folder)

    return Work(
        inputs={
            "clean_conversations": clean_conversations.digest,
            "heldout_overlap": heldout_overlap.digest,
            "heldout_max_share": str(max_share),
            "reading": description.reading_sha256,
            "description": sha256_of(path),
            "filtering": curate.FILTERING_VERSION,
        },
        build=build,
        describe=lambda folder: {
            "filters": table([description.filters.model_dump()]),
            "dropped": table(_dropped(folder)),
        },
    )


def _dropped(folder: Path) -> list[dict[str, object]]:
    """Rows of each drop reason, commonest first."""
    reasons = pq.read_table(folder, columns=["drop_reason"])["drop_reason"].drop_null().value_counts()
    counted = sorted(reasons.to_pylist(), key=lambda each: (-each["counts"], each["values"]))
    return [{"drop_reason": each["values"], "rows": each["counts"]} for each in counted]
