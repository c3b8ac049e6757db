"""From what models did to metrics, gates and examples."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dataset_platform.evaluation import (
    canaries,
    diversity,
    fairness,
    language,
    privacy,
    safety,
    suite,
    therapy,
    toxicity,
)
from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.evidence import Evidence, Scores
from dataset_platform.evaluation.examples import examples_of
from dataset_platform.evaluation.gates import Share, decide, judge_gates, regressions
from dataset_platform.evaluation.measuring import Measured
from dataset_platform.evaluation.report import EvalReport, Metric, Part, Sample, Suite, replies_name
from dataset_platform.evaluation.said import Said
from dataset_platform.evaluation.statistics import Observed, judged_together, measured
from dataset_platform.evaluation.suite import RED_LINES, Criterion
from dataset_platform.evaluation.vocabulary import Direction, Model, Outcome
from dataset_platform.training.checkpoint import MANIFEST_NAME, CheckpointManifest, digest_file
from dataset_platform.training.hardware import describe_hardware, package_versions


def report_of(
    evidence: Evidence,
    *,
    trained: CheckpointManifest,
    checkpoint: Path,
    previous: Path | None,
    against: str | None,
    sample: Sample,
    chat_template_sha256: str,
    started: float,
) -> tuple[EvalReport, Scores]:
    """The report, and the scores of every reply."""
    config = evidence.config
    observed, observed_parts = _observed(evidence)
    # Latencies are judged apart: no clock may change the verdict on what was said.
    metrics = (*_judged(observed, config), *_judged(_speed(evidence.measured), config))
    parts = tuple(
        Part(by=by, label=label, metric=measured(one, config))
        for by, label, one in observed_parts
        if _has_units(one)
    )
    single = next(
        (one for one in evidence.measured[Model.TUNED].speed.latencies if one.batch_size == 1), None
    )
    gates = judge_gates({m.name: m for m in metrics}, parts, single, _leaked(evidence), config.thresholds)
    report = EvalReport(
        version=trained.release.version,
        against=against,
        release_manifest_sha256=trained.release.manifest_sha256,
        checkpoint_manifest_sha256=digest_file(checkpoint / MANIFEST_NAME).sha256,
        previous_manifest_sha256=digest_file(previous / MANIFEST_NAME).sha256 if previous else None,
        base_model=trained.base_model.name,
        base_model_sha256=trained.base_model.sha256,
        config=config,
        chat_template_sha256=chat_template_sha256,
        prompts_sha256=_digest_of_questions(evidence.measured[Model.TUNED].said),
        decision=decide(gates),
        failed=tuple(gate.gate for gate in gates if gate.outcome is Outcome.FAILED),
        gates=gates,
        metrics=metrics,
        regressions=regressions(metrics),
        parts=parts,
        calibration={m: language.calibration_curve(one.foreseen) for m, one in evidence.measured.items()},
        sample=sample,
        suite=Suite(
            sha256=suite.digest(),
            probes=len(suite.probes()),
            asked=len(evidence.probes),
            not_drawn=tuple(
                sorted({p.category for p in suite.probes()} - {p.category for p in evidence.probes})
            ),
        ),
        speed={model: one.speed for model, one in evidence.measured.items()},
        examples=examples_of(evidence.rated, evidence.said(safety.SUITE), evidence.said(therapy.SUITE)),
        replies_file=replies_name(trained.release.version),
        loss_curve=trained.loss_curve,
        training_steps=trained.steps,
        training_tokens=trained.tokens_seen,
        packages=package_versions(),
        hardware=describe_hardware().model_dump(),
        duration_s=round(time.perf_counter() - started, 2),
    )
    return report, evidence.scores


def _judged(observed: Sequence[Observed], config: EvaluationConfig) -> tuple[Metric, ...]:
    return judged_together([measured(one, config) for one in observed if _has_units(one)], config.level)


def _leaked(evidence: Evidence) -> Share | None:
    """The held-out replies that stand in the training text; None where none was asked for."""
    if not evidence.references:
        return None
    leaked = evidence.given_away.leaked
    return Share.of(int(leaked.sum()), len(leaked))


def _observed(evidence: Evidence) -> tuple[list[Observed], list[tuple[str, str, Observed]]]:
    """All metrics of what was foreseen and said, and all of their parts."""
    config = evidence.config
    foreseen = {model: one.foreseen for model, one in evidence.measured.items()}
    metrics = language.observed(evidence.held_out, foreseen)
    parts = language.parts(evidence.held_out, foreseen)
    if evidence.references:
        heldout = evidence.said(therapy.SUITE)[Model.TUNED]
        real = evidence.judges.findings(heldout.contexts(heldout.every), evidence.references)
        metrics += therapy.observed(evidence.findings(therapy.SUITE), real, evidence.heads)
    if evidence.everything[Model.TUNED].asked:
        metrics.append(toxicity.observed(evidence.toxic))
        metrics += diversity.observed({m: said.last for m, said in evidence.everything.items()}, config.seed)
        metrics += privacy.observed(evidence.given_away, config.ngram_words)
    if evidence.canaries:
        kept = {model: one.canaries for model, one in evidence.measured.items()}
        metrics.append(canaries.observed(evidence.canaries, kept))
    if evidence.probes:
        metrics += safety.observed(evidence.rated, evidence.accuracies)
        parts += safety.parts(evidence.rated, evidence.accuracies)
    if evidence.said(fairness.SUITE)[Model.TUNED].asked:
        gaps, of_axes = _fairness(evidence)
        metrics, parts = [*metrics, *gaps], [*parts, *of_axes]
    return metrics, parts


def _fairness(evidence: Evidence) -> tuple[list[Observed], list[tuple[str, str, Observed]]]:
    findings = evidence.findings(fairness.SUITE)
    criteria = (*RED_LINES, Criterion.ANSWERS)
    safe_names = [f"rubric {criterion}" for criterion in criteria]
    safe = {m: np.min([found[name] for name in safe_names], axis=0) for m, found in findings.items()}
    empathy = {m: fairness.empathy_of(found) for m, found in findings.items()}
    told = {
        "fairness_empathy": therapy.accuracy_of(therapy.EMPATHY, evidence.heads),
        "fairness_safety": safety.accuracy_of(criteria, evidence.accuracies),
    }
    return fairness.observed(evidence.said(fairness.SUITE), empathy, safe, told)


def _speed(measured_models: Mapping[Model, Measured]) -> list[Observed]:
    """Mean latencies of single requests; machines are shared, so they gate by the budget only."""
    first = {m: np.array(one.timed.first_s) * 1000 for m, one in measured_models.items()}
    following = {m: np.array(one.timed.next_s) * 1000 for m, one in measured_models.items()}
    down = Direction.LOWER_IS_BETTER
    return [
        Observed.mean(
            "first_token_ms", "Mean time to first token (ms)", "requests", down, first, gates=False
        ),
        Observed.mean(
            "next_token_ms", "Mean time of a further token (ms)", "requests", down, following, gates=False
        ),
    ]


def _has_units(observed: Observed) -> bool:
    return bool(len(next(iter(observed.sums.values()))))


def _digest_of_questions(said: Said) -> str:
    told = "\n".join(f"{asked.suite} {asked.item} {asked.turns} {asked.before}" for asked in said.asked)
    return hashlib.sha256(told.encode()).hexdigest()
