"""Whether this machine and the chosen storage are fit for the platform: one finding a check."""

from dataset_platform.diagnosis.cluster import diagnose_cluster
from dataset_platform.diagnosis.finding import SETTINGS, Finding, Health, bad_settings
from dataset_platform.diagnosis.machine import cache_write, free_disk, free_memory, graphics_card
from dataset_platform.diagnosis.models import packaged_models
from dataset_platform.diagnosis.readiness import readiness
from dataset_platform.diagnosis.software import dagster_home, engine, package_versions, python_version
from dataset_platform.diagnosis.storage import diagnose_storage

__all__ = [
    "SETTINGS",
    "Finding",
    "Health",
    "bad_settings",
    "cache_write",
    "dagster_home",
    "diagnose_cluster",
    "diagnose_storage",
    "engine",
    "free_disk",
    "free_memory",
    "graphics_card",
    "package_versions",
    "packaged_models",
    "python_version",
    "readiness",
]
