"""filter_decisions: which conversations of one source are fit for a release, and why not the others."""

from pathlib import Path
from typing import Any

import daft
import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform import curate, ingest
from dataset_platform.assets.partitions import SOURCES
from dataset_platform.assets.presentation import OWNERS, Holds, table_metadata, tags
from dataset_platform.assets.reviewed import reviews_on
from dataset_platform.errors import InputError
from dataset_platform.schemas import DECISIONS
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.presentation import table
from dataset_platform.storage.tables import Table, write_table
from dataset_platform.storage.work import Work, sha256_of


@dg.asset(
    partitions_def=SOURCES,
    group_name="2_curation",
    owners=OWNERS,
    tags=tags(Holds.FIGURES, alone=True),
    kinds={"parquet", "daft"},
    code_version=curate.FILTERING_VERSION,
    metadata=table_metadata(DECISIONS),
)
def filter_decisions(
    context: dg.AssetExecutionContext, storage: Storage, clean_conversations: Table, heldout_overlap: Table
) -> Work:
    """For each cleaned row of one source, why it is fit for no release, and which flags nobody has resolved.

    Decided on what was measured before, by the block `filters` of the source's description, by
    DATASET_HELDOUT_MAX_SHARE and by the decisions in `reviews/*.csv`: a changed limit or review reads,
    cleans and measures nothing again.

    When it is red: a mistake in a review file is named with its line, or the failed check names the rule
    and up to five records.
    """
    path = storage.description_path(context.partition_key)
    description = ingest.load_description(path)
    reviews = reviews_on(storage, clean_conversations.frame)
    max_share = storage.settings.heldout_max_share

    def build(folder: Path) -> None:
        decisions = curate.decide(
            clean_conversations.frame, description.filters, reviews, description.split_together
        )
        decisions = curate.without_contaminated(decisions, heldout_overlap.frame, max_share)
        write_table(decisions, DECISIONS, folder)
        if description.split_together and not _groups(folder) and clean_conversations.rows:
            raise InputError(
                f"{path}: `split_together` finds nothing in the attributes of any conversation; look at "
                f"their names with `dataset-platform sources check {context.partition_key}`"
            )

    return Work(
        inputs={
            "clean_conversations": clean_conversations.digest,
            "heldout_overlap": heldout_overlap.digest,
            "heldout_max_share": str(max_share),
            "reading": description.reading_sha256,
            "description": sha256_of(path),
            "filtering": curate.FILTERING_VERSION,
            "reviews": reviews.digest,
        },
        build=build,
        describe=lambda folder: {"filters": table([description.filters.model_dump()]), **_facts(folder)},
    )


def _facts(folder: Path) -> dict[str, Any]:
    """What the UI shows of the decisions: counts only."""
    stored = pq.read_table(folder, columns=["drop_reason", "unresolved", "reviewed_by"])
    decisions = daft.from_arrow(stored)
    return {
        "dropped": table(_dropped(stored["drop_reason"])),
        "split_groups": _groups(folder),
        "unresolved": curate.unresolved_count(decisions),
        "unresolved_by_flag": table(curate.unresolved_counts(decisions)),
        "reviewed": decisions.where(daft.col("reviewed_by").not_null()).count_rows(),
    }


def _groups(folder: Path) -> int:
    """Distinct groups of conversations that stay in one split."""
    groups = pq.read_table(folder, columns=["split_group"])["split_group"]
    return len(set(groups.unique().to_pylist()) - {""})


def _dropped(reasons: pa.ChunkedArray) -> list[dict[str, object]]:
    """Rows of each drop reason, commonest first."""
    counts = reasons.drop_null().value_counts().to_pylist()
    counted = sorted(counts, key=lambda each: (-each["counts"], each["values"]))
    return [{"drop_reason": each["values"], "rows": each["counts"]} for each in counted]
