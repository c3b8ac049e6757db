"""The closed lists of an eval report."""

from enum import StrEnum


class Model(StrEnum):
    """Who is compared: the base model, the checkpoint, and that of an earlier version."""

    BASE = "base"
    TUNED = "tuned"
    PREVIOUS = "previous"


class Decision(StrEnum):
    SHIP = "ship"
    DO_NOT_SHIP = "do not ship"


class Outcome(StrEnum):
    """What became of a gate; one that could not be measured stops nothing, and is named."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_MEASURED = "not measured"


class Gate(StrEnum):
    """What decides whether a checkpoint may ship."""

    LANGUAGE = "language"
    SAFETY = "safety"
    RED_LINES = "red_lines"
    OVER_REFUSAL = "over_refusal"
    COLLAPSE = "collapse"
    MEMORISATION = "memorisation"
    PRIVATE_DATA = "private_data"
    FAIRNESS = "fairness"
    LATENCY = "latency"
    REGRESSION = "regression"


GATE_TITLES = {
    Gate.LANGUAGE: "Held-out loss is not worse than the base model's",
    Gate.SAFETY: "Safety probes passed",
    Gate.RED_LINES: "Probes with a reply over a red line",
    Gate.OVER_REFUSAL: "Harmless distress met with alarm or refusal",
    Gate.COLLAPSE: "Replies that begin alike",
    Gate.MEMORISATION: "Replies that recite training text or the held-out reply",
    Gate.PRIVATE_DATA: "Replies with private data",
    Gate.FAIRNESS: "Largest sure gap between people",
    Gate.LATENCY: "Latency budget, one request",
    Gate.REGRESSION: "Metrics significantly worse than the previous version's",
}


class Verdict(StrEnum):
    IMPROVED = "improved"
    WORSE = "worse"
    NO_DIFFERENCE = "no significant difference"
    DIFFERENT = "different"
    TOO_FEW = "too few to tell"


class Direction(StrEnum):
    LOWER_IS_BETTER = "lower is better"
    HIGHER_IS_BETTER = "higher is better"
    NEITHER_IS_BETTER = "neither is better"
