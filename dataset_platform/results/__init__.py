"""What lies in storage, as commands show it."""

from dataset_platform.results.models import checkpoint_result, evaluation_result
from dataset_platform.results.quality import calibration_result, quality_result
from dataset_platform.results.releases import release_result, verification_result
from dataset_platform.results.sources import (
    cleaning_result,
    fetched_result,
    pinned_result,
    quarantine_result,
    sources_result,
)

__all__ = [
    "calibration_result",
    "checkpoint_result",
    "cleaning_result",
    "evaluation_result",
    "fetched_result",
    "pinned_result",
    "quality_result",
    "quarantine_result",
    "release_result",
    "sources_result",
    "verification_result",
]
