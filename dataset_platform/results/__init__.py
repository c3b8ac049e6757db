"""What lies in storage, as commands show it."""

from dataset_platform.results.diagnosis import diagnosis_result, readiness_result
from dataset_platform.results.difference import difference_result
from dataset_platform.results.judging import judge_result
from dataset_platform.results.lineage import trace_result, withdrawal_result, withdrawals_result
from dataset_platform.results.metrics import metrics_result, serve_metrics, write_metrics
from dataset_platform.results.models import (
    checkpoint_result,
    evaluation_result,
    forecast_result,
    harness_result,
    leaderboard_result,
    merged_result,
)
from dataset_platform.results.quality import (
    calibration_result,
    fitted_names_result,
    quality_result,
    trained_heads_result,
)
from dataset_platform.results.rebuilding import rebuild_result
from dataset_platform.results.releases import keys_result, release_result, verification_result
from dataset_platform.results.review_exchange import exported_reviews_result, imported_reviews_result
from dataset_platform.results.reviews import reviews_result
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
    "difference_result",
    "evaluation_result",
    "exported_reviews_result",
    "fetched_result",
    "fitted_names_result",
    "forecast_result",
    "garbage_result",
    "harness_result",
    "imported_reviews_result",
    "judge_result",
    "keys_result",
    "leaderboard_result",
    "merged_result",
    "metrics_result",
    "pinned_result",
    "quality_result",
    "quarantine_result",
    "readiness_result",
    "rebuild_result",
    "release_result",
    "reviews_result",
    "serve_metrics",
    "sources_result",
    "trace_result",
    "trained_heads_result",
    "verification_result",
    "withdrawal_result",
    "withdrawals_result",
    "write_metrics",
]
