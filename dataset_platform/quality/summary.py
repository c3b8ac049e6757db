"""A report in a few rows, for a table in Dagster or a terminal."""

from dataset_platform.quality.measurement import Accuracy
from dataset_platform.quality.report import Gate, Report, interval_text, short

DERIVED_GATES = ("bias", "overall")
DERIVED = "that of the validators it is computed from"


def summary(report: Report) -> list[dict[str, str | float | None]]:
    """One plain row a gate, for a table in Dagster or a terminal."""
    return [
        {
            "name": gate.name,
            "gate": gate.title,
            "value": None if gate.measurement.value is None else round(gate.measurement.value, 4),
            "threshold": f"{gate.direction} {gate.threshold:g}",
            "interval": interval_text(gate.measurement),
            "n": gate.measurement.n,
            "validator accuracy": "; ".join(map(str, gate.measurement.accuracy)) or "none",
            "verdict": gate.verdict.value
            + (f": {gate.measurement.reason}" if gate.measurement.reason else ""),
        }
        for gate in report.gates
    ]


def brief_summary(report: Report) -> list[dict[str, str | float | None]]:
    """One short row a gate, for a terminal: the accuracy is the first that stands beside the gate."""
    return [
        {
            "gate": gate.title,
            "value": _short(gate),
            "threshold": f"{gate.direction} {gate.threshold:g}",
            "verdict": gate.verdict.value,
            "validator's accuracy": DERIVED
            if gate.name in DERIVED_GATES
            else _first_of(gate.measurement.accuracy),
        }
        for gate in report.gates
    ]


def _short(gate: Gate) -> str:
    value = gate.measurement.value
    return "not measured" if value is None else short(value)


def _first_of(accuracies: tuple[Accuracy, ...]) -> str:
    if not accuracies:
        return "not measured"
    more = len(accuracies) - 1
    return str(accuracies[0]) + (f"; {more} more in the report" if more else "")
