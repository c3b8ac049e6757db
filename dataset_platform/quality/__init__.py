"""Quality: validators whose accuracy is measured, and the QA report of a release."""

from dataset_platform.quality.accuracy import AccuracyTable, packaged_digest
from dataset_platform.quality.assessment import (
    GATES,
    VERSION,
    Assessment,
    assess,
    findings_kept_in,
    validators,
)
from dataset_platform.quality.calibration import calibrate
from dataset_platform.quality.calibration import write as write_calibration
from dataset_platform.quality.charts import histogram_svg
from dataset_platform.quality.comparison import compared, uncompared
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
from dataset_platform.quality.report import Gate, Report, Verdict, read_report
from dataset_platform.quality.review.exchange import (
    ReviewFormat,
    as_rows,
    exported,
    imported,
    lay_down,
    read_queue,
    write_queue,
)
from dataset_platform.quality.review.queue import queue_table
from dataset_platform.quality.review.reasons import Reason
from dataset_platform.quality.sentence_model import chosen as chosen_sentence_model
from dataset_platform.quality.summary import brief_summary, summary
from dataset_platform.quality.worst import worst_examples

__all__ = [
    "GATES",
    "TRAINING_VERSION",
    "VERSION",
    "Accuracy",
    "AccuracyTable",
    "Assessment",
    "Gate",
    "Measurement",
    "Reason",
    "Report",
    "ReviewFormat",
    "Verdict",
    "as_card_section",
    "as_rows",
    "assess",
    "brief_summary",
    "calibrate",
    "chosen_sentence_model",
    "compared",
    "exported",
    "findings_kept_in",
    "fit_names",
    "head_cards",
    "histogram_svg",
    "imported",
    "kept_in",
    "lay_down",
    "packaged_digest",
    "queue_table",
    "read_heads",
    "read_queue",
    "read_report",
    "summary",
    "train_heads",
    "training_sets",
    "uncompared",
    "validators",
    "worst_examples",
    "write_calibration",
    "write_heads",
    "write_queue",
    "write_report",
]
