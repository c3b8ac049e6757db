"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum

from dataset_platform.errors import UsageError

SETTINGS = "settings"


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One line of a diagnosis: what was looked at, how it is, and what to do about it."""

    check: str
    health: Health
    detail: str
    remedy: str = ""


def ok(check: str, detail: str) -> Finding:
    return Finding(check, Health.OK, detail)


def warning(check: str, detail: str, remedy: str) -> Finding:
    return Finding(check, Health.WARNING, detail, remedy)


def failed(check: str, detail: str, remedy: str) -> Finding:
    return Finding(check, Health.FAILED, detail, remedy)


def bad_settings(error: UsageError) -> Finding:
    """What settings that cannot be read leave to say."""
    lines = "; ".join(str(error).splitlines())
    return failed(
        SETTINGS, lines, "mend the environment, or .env in this folder; docs/storage.md has a template"
    )
