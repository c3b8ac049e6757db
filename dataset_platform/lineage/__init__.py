"""What stands where: rows, files and sources across all releases and checkpoints, forward and back."""

from dataset_platform.lineage.places import (
    Checkpoint,
    PublishedRelease,
    checkpoints,
    published_releases,
    require_whole_log,
)
from dataset_platform.lineage.targets import Target, target_of, text_target
from dataset_platform.lineage.tracing import Holding, Sighting, Trace, trace
from dataset_platform.lineage.withdrawing import Affected, Withdrawn, withdraw

__all__ = [
    "Affected",
    "Checkpoint",
    "Holding",
    "PublishedRelease",
    "Sighting",
    "Target",
    "Trace",
    "Withdrawn",
    "checkpoints",
    "published_releases",
    "require_whole_log",
    "target_of",
    "text_target",
    "trace",
    "withdraw",
]
