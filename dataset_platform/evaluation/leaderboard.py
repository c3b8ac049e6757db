"""All evaluated versions side by side, over time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import semver

from dataset_platform.evaluation.report import EvalReport
from dataset_platform.evaluation.vocabulary import Model

COLUMNS = {
    "loss": "loss",
    "bits_per_byte": "bits/byte",
    "win_rate": "win rate",
    "safety_pass": "safety",
    "over_refusal": "over-refusal",
    "recited": "recited",
    "next_token_ms": "ms/token",
}


@dataclass(frozen=True)
class Standing:
    """A version's report, and when it was stored."""

    report: EvalReport
    stored: datetime

    @classmethod
    def now(cls, report: EvalReport) -> "Standing":
        """A report that is about to be stored."""
        return cls(report, datetime.now(UTC))


def in_order(standings: Iterable[Standing]) -> list[Standing]:
    """By version, oldest first."""
    return sorted(standings, key=lambda standing: semver.Version.parse(standing.report.version))


def board_rows(standings: Sequence[Standing]) -> list[dict[str, object]]:
    """One plain row a version, oldest first; figures of the tuned model.

    Versions whose suites, configurations or evaluations differ are not comparable: `suite` tells them apart.
    """
    return [
        {
            "version": standing.report.version,
            "evaluated": standing.stored.strftime("%Y-%m-%d %H:%M"),
            "verdict": standing.report.decision.value,
            "failed": ", ".join(standing.report.failed),
            **{title: value_of(standing.report, name) for name, title in COLUMNS.items()},
            "suite": _suite(standing.report),
        }
        for standing in in_order(standings)
    ]


def _suite(report: EvalReport) -> str:
    return (
        f"{report.suite.sha256[:8]}, {report.suite.asked} probes, {report.sample.scored} conversations, "
        f"evaluation {report.evaluation_version}"
    )


def value_of(report: EvalReport, name: str) -> float | None:
    """The tuned model's figure; None where it was not measured."""
    found = [metric for metric in report.metrics if metric.name == name]
    value = found[0].estimates[Model.TUNED].value if found else None
    return None if value is None else float(f"{value:.4g}")
