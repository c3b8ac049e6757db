"""Whether the platform can work here."""

from collections.abc import Iterator, Sequence

from dataset_platform import diagnosis
from dataset_platform.diagnosis import Finding, Health
from dataset_platform.display import Shown, counted
from dataset_platform.errors import PlatformError, UsageError
from dataset_platform.launch import dagster_instance
from dataset_platform.settings import StorageBackend, load_settings


def diagnosis_result() -> Shown:
    """One line a check; a failure when one failed, and bad usage when it was the settings."""
    return _shown([*_of_the_machine(), *_of_the_settings()])


def readiness_result() -> Shown:
    """As `diagnosis_result`, of what tells whether work can be taken now."""
    try:
        settings = load_settings()
    except UsageError as error:
        return _shown([diagnosis.bad_settings(error)])
    return _shown([*diagnosis.readiness(settings, dagster_instance)])


def _shown(findings: Sequence[Finding]) -> Shown:
    failed, warned = (
        [finding.check for finding in findings if finding.health is health]
        for health in (Health.FAILED, Health.WARNING)
    )
    rows = [
        {
            "check": finding.check,
            "health": finding.health.value,
            "detail": finding.detail,
            "remedy": finding.remedy,
        }
        for finding in findings
    ]
    return Shown(
        facts={"passed": not failed, "failed": failed, "warnings": warned, "findings": rows},
        tables={"Diagnosis": rows},
        closing=[] if failed else [f"nothing failed, {counted(len(warned), 'warning')}"],
        failure=_failure(failed),
    )


def _of_the_machine() -> Iterator[Finding]:
    yield diagnosis.python_version()
    yield diagnosis.package_versions()
    yield diagnosis.dagster_home(dagster_instance)
    yield from diagnosis.packaged_models()
    yield diagnosis.free_memory()
    yield diagnosis.graphics_card()


def _of_the_settings() -> Iterator[Finding]:
    try:
        settings = load_settings()
    except UsageError as error:
        yield diagnosis.bad_settings(error)
        return
    yield from diagnosis.diagnose_cluster(settings)
    yield diagnosis.engine()
    yield diagnosis.free_disk("the cache", settings.cache)
    yield diagnosis.cache_write(settings.cache)
    if settings.storage_backend is StorageBackend.LOCAL:
        yield diagnosis.free_disk("storage", settings.storage_local_path)
    yield from diagnosis.diagnose_storage(settings)


def _failure(failed: list[str]) -> PlatformError | None:
    if diagnosis.SETTINGS in failed:
        return UsageError("the settings cannot be used")
    return PlatformError(f"{', '.join(failed)}: failed; see the remedies") if failed else None
