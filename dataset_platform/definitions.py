"""The only place where assets, checks, sensors, jobs and resources meet."""

import dagster as dg

from dataset_platform.assets.clean_conversations import clean_conversations
from dataset_platform.assets.dataset_export import ReleaseIOManager, dataset_export
from dataset_platform.assets.duplicate_clusters import duplicate_clusters
from dataset_platform.assets.eval_report import eval_report
from dataset_platform.assets.filter_decisions import filter_decisions
from dataset_platform.assets.heldout_overlap import heldout_overlap
from dataset_platform.assets.landing_area import landing_area
from dataset_platform.assets.pasted_answers import pasted_answers
from dataset_platform.assets.qa_report import qa_report
from dataset_platform.assets.raw_conversations import raw_conversations
from dataset_platform.assets.text_signatures import text_signatures
from dataset_platform.assets.trained_checkpoint import trained_checkpoint
from dataset_platform.assets.trained_heads import trained_heads
from dataset_platform.assets.withdrawn_conversations import withdrawn_conversations
from dataset_platform.checks import CHECKS
from dataset_platform.jobs import JOBS
from dataset_platform.lineage_events import openlineage_sensor
from dataset_platform.lost_retries import lost_retries_sensor
from dataset_platform.notifying import tell_of_failures
from dataset_platform.schedules import SCHEDULES
from dataset_platform.sensors import SENSORS
from dataset_platform.storage.io_managers import (
    CheckpointIOManager,
    CheckpointReportIOManager,
    FolderIOManager,
    ReleaseReportIOManager,
    Storage,
    TableIOManager,
)

defs = dg.Definitions(
    assets=[
        landing_area,
        raw_conversations,
        clean_conversations,
        heldout_overlap,
        filter_decisions,
        text_signatures,
        withdrawn_conversations,
        duplicate_clusters,
        pasted_answers,
        dataset_export,
        trained_heads,
        qa_report,
        trained_checkpoint,
        eval_report,
    ],
    asset_checks=CHECKS,
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=[*SENSORS, tell_of_failures, openlineage_sensor, lost_retries_sensor],
    # Steps of a run share one process: each would spend seconds on imports otherwise.
    executor=dg.in_process_executor,
    resources={
        "storage": Storage(),
        # Under Dagster's own name, so that nothing falls back to its pickling default.
        "io_manager": TableIOManager(),
        "releases": ReleaseIOManager(),
        "trained_heads": FolderIOManager(),
        "qa_reports": ReleaseReportIOManager(),
        "checkpoints": CheckpointIOManager(),
        "eval_reports": CheckpointReportIOManager(),
    },
)
