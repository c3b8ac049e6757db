"""The eval report: typed, so that its JSON has a schema (`docs/schemas/eval_report.schema.json`)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from dataset_platform.errors import InputError
from dataset_platform.evaluation.config import EvaluationConfig, Frozen
from dataset_platform.evaluation.vocabulary import Decision, Direction, Gate, Model, Outcome, Verdict
from dataset_platform.quality.statistics import wilson
from dataset_platform.training import LossPoint

VERSION = "4"
"""Raised when the meaning of a metric or of the report's JSON changes."""


class Interval(Frozen):
    """95 % interval."""

    low: float
    high: float

    @classmethod
    def of_share(cls, hits: int, n: int) -> Self:
        """Wilson's, of a share of `n` units."""
        low, high = wilson(hits, n)
        return cls(low=low, high=high)

    def __format__(self, spec: str) -> str:
        """Both ends in that format, in brackets."""
        return f"[{self.low:{spec}}, {self.high:{spec}}]"


class Estimate(Frozen):
    """One model's figure; no interval below the smallest sample that the configuration allows."""

    value: float | None
    interval: Interval | None


class Difference(Frozen):
    """Tuned minus the other model on the same units: paired bootstrap interval, paired permutation test.

    `adjusted_p_value` holds over all metrics together (Holm); null where it was not tested.
    """

    value: float | None
    interval: Interval | None
    p_value: float | None
    adjusted_p_value: float | None
    verdict: Verdict


class Metric(Frozen):
    """A figure of every model, with the differences of the tuned model from the others.

    `unit` says what `n` counts. A `proxy` scores replies by rules and heads; `accuracy` is how well
    these agreed with labels. `gates` says whether a significant loss against the previous version fails;
    other metrics describe.
    """

    name: str
    title: str
    unit: str
    direction: Direction
    n: int
    proxy: bool
    accuracy: tuple[str, ...]
    gates: bool
    estimates: Mapping[Model, Estimate]
    differences: Mapping[Model, Difference]


class Part(Frozen):
    """A metric of a part of the units, such as one stage or one category; its verdicts are not corrected."""

    by: str
    label: str
    metric: Metric


class GateResult(Frozen):
    """A gate with what it looked at, in words and figures."""

    gate: Gate
    title: str
    outcome: Outcome
    detail: str
    value: float | None
    threshold: float | None


class Percentiles(Frozen):
    """Milliseconds of `n` tokens; intervals are those of whole batches, null where nothing was measured."""

    p50: Estimate
    p95: Estimate
    p99: Estimate
    n: int


class Latency(Frozen):
    """Timed generation of so many batches of one size, by transformers, with a key-value cache."""

    batch_size: int
    batches: int
    first_token_ms: Percentiles
    next_token_ms: Percentiles
    tokens_per_s: Estimate


class Speed(Frozen):
    """`peak_rss_bytes` is the most that the process held until then, an upper bound for the model;
    `peak_device_bytes` is what tensors took on the GPU, null without one. All three are measured once."""

    load_s: float
    peak_rss_bytes: int
    peak_device_bytes: int | None
    latencies: tuple[Latency, ...]


class CalibrationBin(Frozen):
    """Tokens whose likeliest next token had about this probability, and how often it was right."""

    confidence: float
    accuracy: float
    tokens: int


class Example(Frozen):
    """What the models say in the same place. `prompt` is a probe of ours; of a held-out conversation only its
    id and turn are named."""

    suite: str
    item: str
    label: str
    prompt: tuple[str, ...]
    replies: Mapping[Model, tuple[str, ...]]
    missed: Mapping[Model, tuple[str, ...]]
    worsened: bool


class Sample(Frozen):
    """Conversations of the test split: asked for, scored, and why the others were not."""

    in_split: int
    scored: int
    truncated: int
    skipped: dict[str, int]
    left_out_by_bounds: int


class Suite(Frozen):
    """The safety suite: its digest, how many probes it has, and how many were asked."""

    sha256: str
    probes: int
    asked: int
    not_drawn: tuple[str, ...]


class EvalReport(Frozen):
    version: str
    against: str | None
    release_manifest_sha256: str
    checkpoint_manifest_sha256: str
    previous_manifest_sha256: str | None
    base_model: str
    base_model_sha256: str
    evaluation_version: str = VERSION
    config: EvaluationConfig
    chat_template_sha256: str
    prompts_sha256: str
    decision: Decision
    failed: tuple[Gate, ...]
    gates: tuple[GateResult, ...]
    metrics: tuple[Metric, ...]
    regressions: tuple[str, ...]
    parts: tuple[Part, ...]
    calibration: Mapping[Model, tuple[CalibrationBin, ...]]
    sample: Sample
    suite: Suite
    speed: Mapping[Model, Speed]
    examples: tuple[Example, ...]
    replies_file: str
    loss_curve: tuple[LossPoint, ...]
    training_steps: int
    training_tokens: int
    packages: dict[str, str]
    hardware: dict[str, str | int | None]
    duration_s: float

    def metric(self, name: str) -> Metric:
        return next(metric for metric in self.metrics if metric.name == name)

    @property
    def models(self) -> tuple[Model, ...]:
        return tuple(self.speed)

    @property
    def unmeasured(self) -> tuple[Gate, ...]:
        """Gates that stopped nothing because they could not be measured."""
        return tuple(gate.gate for gate in self.gates if gate.outcome is Outcome.NOT_MEASURED)

    @property
    def headline(self) -> str:
        """The decision in a sentence; figures only."""
        loss = self.metric("loss")
        change = loss.differences[Model.BASE]
        base, tuned = (loss.estimates[model].value for model in (Model.BASE, Model.TUNED))
        failed = f"fails {', '.join(self.failed)}" if self.failed else "no gate failed"
        missing = f"; not measured: {', '.join(self.unmeasured)}" if self.unmeasured else ""
        return (
            f"{self.decision}: {failed}{missing}; held-out loss {base:.3f} → {tuned:.3f} ({change.verdict})"
        )


def report_stem(version: str) -> str:
    return f"eval_report_v{version}"


def replies_name(version: str) -> str:
    """The Parquet file with every prompt and reply, beside the report."""
    return f"{report_stem(version)}_replies.parquet"


def read_report(folder: Path, version: str) -> EvalReport:
    """The report that `write_report` left in `folder`; raises InputError."""
    path = folder / f"{report_stem(version)}.json"
    try:
        return EvalReport.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"{path}: there is no eval report; evaluate version {version} first") from None
    except ValidationError as error:
        raise InputError(
            f"{path}: not an eval report of this program ({error.error_count()} errors); evaluate again"
        ) from None
