"""What lies in storage, as commands show it."""

from dataset_platform.results.diagnosis import diagnosis_result
from dataset_platform.results.models import checkpoint_result, evaluation_result
from dataset_platform.results.quality import calibration_result, fitted_names_result, quality_result
from dataset_platform.results.releases import release_result, verification_result
from dataset_platform.results.source_checks import check_result
from dataset_platform.results.sources import (
    cleaning_result,
    fetched_result,
    pinned_result,
    quarantine_result,
    sources_result,
)
from dataset_platform.results.storage import copy_result, garbage_result

__all__ = [
    "calibration_result",
    "check_result",
    "checkpoint_result",
    "cleaning_result",
    "copy_result",
    "diagnosis_result",
    "evaluation_result",
    "fetched_result",
    "fitted_names_result",
    "garbage_result",
    "pinned_result",
    "quality_result",
    "quarantine_result",
    "release_result",
    "sources_result",
    "verification_result",
]
