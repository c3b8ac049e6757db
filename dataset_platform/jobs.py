"""One job for each thing that people ask for."""

import dagster as dg

from dataset_platform.checks import fresh

DOES = "does"  # the tag by which runs of one kind are found, however they were started

clean_source = dg.define_asset_job(
    "clean_source",
    selection=[
        "raw_conversations",
        "quarantine",
        "source_files",
        "clean_conversations",
        "heldout_overlap",
        "filter_decisions",
        "text_signatures",
    ],
    tags={DOES: "clean"},
    description="Read one source's files, clean what could be read and decide what is fit for a release.",
)
cut_release = dg.define_asset_job(
    "cut_release",
    selection=[
        "withdrawn_conversations",
        "duplicate_clusters",
        "pasted_answers",
        "dataset_export",
        "qa_report",
    ],
    tags={DOES: "release"},
    description="Leave out what was withdrawn, find duplicates, write one release and judge its quality.",
)
judge_release = dg.define_asset_job(
    "judge_release",
    selection=["qa_report"],
    tags={DOES: "judge"},
    description="Judge the quality of one release that is published.",
)
train_heads = dg.define_asset_job(
    "train_heads",
    selection=["trained_heads"],
    tags={DOES: "train-heads"},
    description="Train heads of validators on the labelled sets that the settings name.",
)
train_checkpoint = dg.define_asset_job(
    "train_checkpoint",
    selection=["trained_checkpoint"],
    tags={DOES: "train"},
    description="Fine-tune the base model on one release.",
)
evaluate_checkpoint = dg.define_asset_job(
    "evaluate_checkpoint",
    selection=["eval_report"],
    tags={DOES: "evaluate"},
    description="Compare one release's checkpoint with the base model on held-out conversations.",
)
check_freshness = dg.define_asset_job(
    "check_freshness",
    selection=dg.AssetSelection.checks(fresh),
    tags={DOES: "check"},
    description="Look whether every source has had new files in time, and whether they were read.",
)
JOBS = (
    clean_source,
    cut_release,
    judge_release,
    train_heads,
    train_checkpoint,
    evaluate_checkpoint,
    check_freshness,
)
