"""One job for each thing that people ask for."""

import dagster as dg

from dataset_platform.assets.partitions import SOURCES, VERSIONS

clean_source = dg.define_asset_job(
    "clean_source",
    selection=["raw_conversations", "quarantine", "clean_conversations"],
    partitions_def=SOURCES,
    description="Read one source's files and clean what could be read.",
)
cut_release = dg.define_asset_job(
    "cut_release",
    selection=["duplicate_clusters", "dataset_export", "qa_report"],
    partitions_def=VERSIONS,
    description="Find duplicates over all sources, write one release and judge its quality.",
)
train_checkpoint = dg.define_asset_job(
    "train_checkpoint",
    selection=["trained_checkpoint"],
    partitions_def=VERSIONS,
    description="Fine-tune the base model on one release.",
)
evaluate_checkpoint = dg.define_asset_job(
    "evaluate_checkpoint",
    selection=["eval_report"],
    partitions_def=VERSIONS,
    description="Compare one release's checkpoint with the base model on held-out conversations.",
)
JOBS = (clean_source, cut_release, train_checkpoint, evaluate_checkpoint)
