"""An eval report as plain rows, for terminals and Dagster: figures only, no text of any model."""

from dataset_platform.evaluation.report import Difference, EvalReport


def summary(report: EvalReport) -> list[dict[str, str | int | float | None]]:
    """The comparison as plain rows, a metric each."""
    return [
        {
            "metric": metric.title,
            "n": metric.n,
            **{model.value: _rounded(metric.estimates[model].value) for model in report.models},
            **{
                f"against {other}": f"{_rounded(change.value)} {_told(change)}"
                for other, change in metric.differences.items()
            },
        }
        for metric in report.metrics
    ]


def gate_rows(report: EvalReport) -> list[dict[str, str]]:
    """One plain row a gate."""
    return [{"gate": g.gate.value, "outcome": g.outcome.value, "found": g.detail} for g in report.gates]


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _told(change: Difference) -> str:
    found = change.interval
    return f"{found:.3g}, {change.verdict}" if found else f"({change.verdict})"
