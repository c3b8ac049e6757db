"""Quality: validators whose accuracy is measured, and the QA report of a release."""

from dataset_platform.quality.accuracy import AccuracyTable, packaged_digest
from dataset_platform.quality.assessment import GATES, VERSION, assess, validators
from dataset_platform.quality.calibration import calibrate
from dataset_platform.quality.calibration import write as write_calibration
from dataset_platform.quality.charts import histogram_svg
from dataset_platform.quality.embedding import packaged_version as embedder_version
from dataset_platform.quality.head_training import (
    TRAINING_VERSION,
    head_cards,
    read_heads,
    train_heads,
    training_sets,
    write_heads,
)
from dataset_platform.quality.kept_vectors import kept_in
from dataset_platform.quality.masking_accuracy import fit_names
from dataset_platform.quality.measurement import Accuracy, Measurement
from dataset_platform.quality.rendering import as_card_section, write_report
from dataset_platform.quality.report import Gate, Report, Verdict, brief_summary, read_report, summary

__all__ = [
    "GATES",
    "TRAINING_VERSION",
    "VERSION",
    "Accuracy",
    "AccuracyTable",
    "Gate",
    "Measurement",
    "Report",
    "Verdict",
    "as_card_section",
    "assess",
    "brief_summary",
    "calibrate",
    "embedder_version",
    "fit_names",
    "head_cards",
    "histogram_svg",
    "kept_in",
    "packaged_digest",
    "read_heads",
    "read_report",
    "summary",
    "train_heads",
    "training_sets",
    "validators",
    "write_calibration",
    "write_heads",
    "write_report",
]
