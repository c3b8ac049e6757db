"""The eval report: typed, so that its JSON has a schema."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from dataset_platform.errors import InputError
from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.training import LossPoint

VERSION = "1"
"""Raised when the meaning of a metric changes."""


class Verdict(StrEnum):
    IMPROVED = "improved"
    WORSE = "worse"
    NO_DIFFERENCE = "no significant difference"
    TOO_FEW = "too few conversations to tell"


class Direction(StrEnum):
    LOWER_IS_BETTER = "lower is better"
    HIGHER_IS_BETTER = "higher is better"


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Interval(Record):
    """95 % interval."""

    low: float
    high: float


class LossComparison(Record):
    """Held-out loss of one stage, or of all (`stage` is `all`).

    Loss is the mean negative log-likelihood in nats of the assistant's tokens, perplexity
    its exponential; `difference` is tuned minus base, with a paired bootstrap interval
    over conversations, null below the smallest sample that the configuration allows.
    """

    stage: str
    n_conversations: int
    n_tokens: int
    base_loss: float
    tuned_loss: float
    base_perplexity: float
    tuned_perplexity: float
    difference: float
    interval: Interval | None
    verdict: Verdict
    direction: Direction = Direction.LOWER_IS_BETTER


class Percentiles(Record):
    """Milliseconds; null where nothing was measured."""

    p50: float | None
    p95: float | None
    n: int
    direction: Direction = Direction.LOWER_IS_BETTER


class Speed(Record):
    """Greedy generation, one request at a time, with a key-value cache."""

    load_s: float
    first_token_ms: Percentiles
    next_token_ms: Percentiles
    tokens_per_s: float | None


class Reply(Record):
    """What both models say in the same place of a held-out conversation.

    Names the place, and does not repeat the conversation.
    """

    conversation_id: str
    stage: str
    turn: int
    base: str
    tuned: str


class Sample(Record):
    """Conversations of the test split: asked for, scored, and why the others were not."""

    in_split: int
    scored: int
    truncated: int
    skipped: dict[str, int]
    left_out_by_bounds: int


class EvalReport(Record):
    version: str
    release_manifest_sha256: str
    checkpoint_manifest_sha256: str
    base_model: str
    base_model_sha256: str
    evaluation_version: str = VERSION
    config: EvaluationConfig
    chat_template_sha256: str
    verdict: Verdict
    sample: Sample
    overall: LossComparison
    by_stage: tuple[LossComparison, ...]
    base_speed: Speed
    tuned_speed: Speed
    replies: tuple[Reply, ...]
    loss_curve: tuple[LossPoint, ...]
    training_steps: int
    training_tokens: int
    packages: dict[str, str]
    hardware: dict[str, str | int | None]
    peak_rss_bytes: int
    duration_s: float
    not_measured: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The verdict in a sentence; figures only."""
        overall = self.overall
        sure = (
            f"95 % {overall.interval.low:+.3f} to {overall.interval.high:+.3f}"
            if overall.interval
            else "no interval"
        )
        return (
            f"{self.verdict}: held-out loss {overall.base_loss:.3f} → {overall.tuned_loss:.3f} "
            f"({overall.difference:+.3f}, {sure}, {overall.n_conversations} conversations)"
        )


def summary(report: EvalReport) -> list[dict[str, str | int | float]]:
    """The comparison as plain rows: all stages first, then each. Figures only, no text of any model."""
    return [
        {
            "stage": one.stage,
            "conversations": one.n_conversations,
            "tokens": one.n_tokens,
            "base loss": round(one.base_loss, 3),
            "tuned loss": round(one.tuned_loss, 3),
            "difference": round(one.difference, 3),
            "95 % interval": f"{one.interval.low:+.3f} to {one.interval.high:+.3f}"
            if one.interval
            else "none",
            "verdict": one.verdict.value,
        }
        for one in (report.overall, *report.by_stage)
    ]


def brief_summary(report: EvalReport) -> list[dict[str, str | float | int]]:
    """One short row a stage, for a terminal."""
    return [
        {
            "stage": one.stage,
            "n": one.n_conversations,
            "base": round(one.base_loss, 3),
            "tuned": round(one.tuned_loss, 3),
            "difference": f"{one.difference:+.3f}"
            + (f" [{one.interval.low:+.3f}, {one.interval.high:+.3f}]" if one.interval else ""),
            "verdict": one.verdict.value,
        }
        for one in (report.overall, *report.by_stage)
    ]


def report_stem(version: str) -> str:
    return f"eval_report_v{version}"


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
