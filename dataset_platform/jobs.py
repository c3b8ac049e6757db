"""One job for each thing that people ask for."""

import dagster as dg

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
    description="Leave out what was withdrawn, find duplicates, write one release and judge its quality.",
)
train_heads = dg.define_asset_job(
    "train_heads",
    selection=["trained_heads"],
    description="Train heads of validators on the labelled sets that the settings name.",
)
train_checkpoint = dg.define_asset_job(
    "train_checkpoint",
    selection=["trained_checkpoint"],
    description="Fine-tune the base model on one release.",
)
evaluate_checkpoint = dg.define_asset_job(
    "evaluate_checkpoint",
    selection=["eval_report"],
    description="Compare one release's checkpoint with the base model on held-out conversations.",
)
JOBS = (clean_source, cut_release, train_heads, train_checkpoint, evaluate_checkpoint)
