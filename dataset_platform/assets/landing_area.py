"""landing_area: the files that people and origins deliver, which the platform reads and never writes."""

import dagster as dg

from dataset_platform.assets.presentation import OWNERS, Holds, tags

landing_area = dg.AssetSpec(
    "landing_area",
    group_name="1_sources",
    owners=OWNERS,
    kinds={"file"},
    tags=tags(Holds.RAW_TEXT, alone=False),
    description=(
        "The files of all sources as they arrived, a folder each; `sources/<source>.yaml` says how they are "
        "read.\n\nWhen it is red: the check names each source that has had no new file for longer than its "
        "`fresh_for_days`, or whose files changed since they were read. Ask for a delivery, or run "
        "`dataset-platform sources clean <source>`."
    ),
)
