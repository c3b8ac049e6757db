"""pasted_answers: one answer in many conversations, over all sources."""

from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from dataset_platform import curate
from dataset_platform.assets.partitions import ALL_SOURCES
from dataset_platform.assets.presentation import OWNERS, Holds, table_metadata, tags
from dataset_platform.schemas import PASTED
from dataset_platform.storage.presentation import table
from dataset_platform.storage.tables import Table, write_batches
from dataset_platform.storage.work import Work

_SHOWN = 20


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
    metadata=table_metadata(PASTED),
)
def pasted_answers(clean_conversations: Table, text_signatures: Table, filter_decisions: Table) -> Work:
    """Assistant turns of 20 words or more that 10 conversations or more have, edited a little or not at all.

    Told, never removed: a release keeps such conversations.

    When it is red: a source was added but not cleaned yet (materialise its partition).
    """
    pasting = curate.Pasting()
    return Work(
        inputs={
            "clean_conversations": clean_conversations.digest,
            "text_signatures": text_signatures.digest,
            "filter_decisions": filter_decisions.digest,
            "pasting": pasting.model_dump_json(),
            "curate": curate.DEDUPLICATION_VERSION,
        },
        build=lambda folder: write_batches(
            [
                curate.find_pasted(
                    text_signatures.frame,
                    clean_conversations.frame,
                    filter_decisions.frame,
                    folder,
                    pasting,
                )
            ],
            PASTED,
            folder,
        ),
        describe=_facts,
    )


def _facts(folder: Path) -> dict[str, Any]:
    """What the UI shows of pasted answers: the commonest, by hash, no text."""
    pasted = pl.read_parquet(folder / "*.parquet")
    counts = pasted.group_by("answer").agg(
        pl.len().alias("conversations"),
        (pl.col("similarity") < 1).sum().alias("edited"),
        pl.col("source").n_unique().alias("sources"),
    )
    commonest = counts.sort(["conversations", "answer"], descending=[True, False]).head(_SHOWN)
    return {
        "answers": counts.height,
        "conversations": pasted.select("origin_file", "origin_position").n_unique(),
        "edited": pasted.filter(pl.col("similarity") < 1).height,
        "commonest": table(commonest.to_dicts()),
    }
