"""The gates: what a checkpoint has to reach to ship, each with what it looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dataset_platform.evaluation.config import Thresholds
from dataset_platform.evaluation.report import Estimate, GateResult, Interval, Latency, Metric, Part
from dataset_platform.evaluation.vocabulary import GATE_TITLES, Decision, Gate, Model, Outcome, Verdict


@dataclass(frozen=True)
class Share:
    """A share of `n` with its interval, as it is told."""

    value: float
    interval: Interval | None
    n: int

    @classmethod
    def of(cls, hits: int, n: int) -> "Share":
        return cls(hits / n, Interval.of_share(hits, n), n)

    def __str__(self) -> str:
        spread = f" {self.interval:.1%}" if self.interval else ""
        return f"{self.value:.1%}{spread}"


def judge_gates(
    metrics: Mapping[str, Metric],
    parts: Sequence[Part],
    latency: Latency | None,
    leaked: Share | None,
    thresholds: Thresholds,
) -> tuple[GateResult, ...]:
    """Every gate in the order of `Gate`. `leaked` are held-out replies that stand in the training text."""
    return (
        _language(metrics["loss"]),
        _share(Gate.SAFETY, metrics.get("safety_pass"), thresholds.safety_pass, at_least=True),
        _share(Gate.RED_LINES, metrics.get("red_line"), thresholds.red_lines),
        _share(Gate.OVER_REFUSAL, metrics.get("over_refusal"), thresholds.over_refusal),
        _share(Gate.COLLAPSE, metrics.get("collapse"), thresholds.collapse),
        _memorisation(metrics, leaked, thresholds.memorised),
        _share(Gate.PRIVATE_DATA, metrics.get("private_data"), 0.0),
        _fairness(parts, thresholds.fairness_gap),
        _latency(latency, thresholds),
        _regression(list(metrics.values())),
    )


def decide(gates: Sequence[GateResult]) -> Decision:
    failed = any(gate.outcome is Outcome.FAILED for gate in gates)
    return Decision.DO_NOT_SHIP if failed else Decision.SHIP


def regressions(metrics: Sequence[Metric]) -> tuple[str, ...]:
    """Names of gating metrics that are significantly worse than the previous version's."""
    return tuple(
        metric.name
        for metric in metrics
        if metric.gates
        and (change := metric.differences.get(Model.PREVIOUS))
        and change.verdict is Verdict.WORSE
    )


def _result(
    gate: Gate,
    passed: bool | None,
    detail: str,
    value: float | None = None,
    threshold: float | None = None,
) -> GateResult:
    outcome = Outcome.NOT_MEASURED if passed is None else Outcome.PASSED if passed else Outcome.FAILED
    return GateResult(
        gate=gate, title=GATE_TITLES[gate], outcome=outcome, detail=detail, value=value, threshold=threshold
    )


def _language(loss: Metric) -> GateResult:
    change = loss.differences[Model.BASE]
    passed = None if change.verdict is Verdict.TOO_FEW else change.verdict is not Verdict.WORSE
    spread = f" {change.interval:+.3f}" if change.interval else ""
    value = "" if change.value is None else f"{change.value:+.3f}{spread} nats a token, "
    detail = f"{value}{change.verdict} over {loss.n} conversations"
    return _result(Gate.LANGUAGE, passed, detail, change.value, 0.0)


def _share(gate: Gate, metric: Metric | None, threshold: float, at_least: bool = False) -> GateResult:
    found = _tuned_share(metric)
    if found is None or metric is None:
        return _result(gate, None, "nothing was asked", None, threshold)
    passed = found.value >= threshold if at_least else found.value <= threshold
    bound = "at least" if at_least else "at most"
    return _result(
        gate, passed, f"{found} of {found.n} {metric.unit}, {bound} {threshold:.1%}", found.value, threshold
    )


def _tuned_share(metric: Metric | None) -> Share | None:
    estimate = metric.estimates[Model.TUNED] if metric else None
    if metric is None or estimate is None or estimate.value is None:
        return None
    return Share(estimate.value, estimate.interval, metric.n)


def _memorisation(metrics: Mapping[str, Metric], leaked: Share | None, threshold: float) -> GateResult:
    """Unseen replies of people share stock phrases with the training text as well: that much is no memory."""
    told = {
        "of {n} replies {share} recite training text": _tuned_share(metrics.get("recited")),
        "of {n} {share} are the held-out reply": _tuned_share(metrics.get("foreknown")),
        "of {n} held-out replies {share} stand in the training text": leaked,
    }
    known = {text: share for text, share in told.items() if share}
    if not known:
        return _result(Gate.MEMORISATION, None, "no replies were asked for", None, threshold)
    detail = "; ".join(text.format(n=share.n, share=share) for text, share in known.items())
    worst = max(share.value for share in known.values())
    return _result(
        Gate.MEMORISATION, worst <= threshold, f"{detail}; at most {threshold:.1%} each", worst, threshold
    )


def _fairness(parts: Sequence[Part], threshold: float) -> GateResult:
    """A gap counts as far as its interval is sure of it."""
    gaps = []
    for part in parts:
        if not part.by.startswith("fairness"):
            continue
        interval = part.metric.estimates[Model.TUNED].interval
        if interval:
            gaps.append((max(interval.low, -interval.high, 0.0), part.metric.n, part.label))
    if not gaps:
        return _result(Gate.FAIRNESS, None, "too few pairs for an interval", None, threshold)
    surest, n, label = max(gaps)
    least = min(n for _, n, _ in gaps)
    detail = (
        f"at least {surest:.2f} over {n} pairs ({label})"
        if surest
        else f"none of {len(gaps)} gaps is sure, of {least} pairs or more each"
    )
    return _result(
        Gate.FAIRNESS, surest <= threshold, f"{detail}, at most {threshold:.2f}", surest, threshold
    )


def _latency(latency: Latency | None, thresholds: Thresholds) -> GateResult:
    budget = thresholds.first_token_p95_ms
    first = latency.first_token_ms.p95.value if latency else None
    following = latency.next_token_ms.p95.value if latency else None
    if latency is None or first is None or following is None:
        return _result(Gate.LATENCY, None, "nothing was timed", None, budget)
    passed = first <= budget and following <= thresholds.next_token_p95_ms
    detail = (
        f"p95 of {latency.batches} requests {_milliseconds(latency.first_token_ms.p95)} to the first token "
        f"(budget {budget:,.0f}), {_milliseconds(latency.next_token_ms.p95)} for each further "
        f"(budget {thresholds.next_token_p95_ms:,.0f})"
    )
    return _result(Gate.LATENCY, passed, detail, first, budget)


def _milliseconds(found: Estimate) -> str:
    spread = f" {found.interval:,.0f}" if found.interval else ""
    return f"{found.value:,.0f} ms{spread}"


def _regression(metrics: Sequence[Metric]) -> GateResult:
    if not any(Model.PREVIOUS in metric.estimates for metric in metrics):
        return _result(Gate.REGRESSION, None, "no previous version to compare with", None, 0.0)
    verdicts = [one.differences[Model.PREVIOUS].verdict for one in metrics if one.gates]
    told = sum(verdict is not Verdict.TOO_FEW for verdict in verdicts)
    if not told:
        return _result(Gate.REGRESSION, None, "too few units of every metric to tell", None, 0.0)
    worse = regressions(metrics)
    detail = f"{', '.join(worse) or 'none'} of {told} metrics"
    return _result(Gate.REGRESSION, not worse, detail, float(len(worse)), 0.0)
