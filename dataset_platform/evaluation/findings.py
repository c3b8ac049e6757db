"""From what models did to metrics, gates and examples."""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from dataset_platform.evaluation import diversity, fairness, language, privacy, rubric, safety, suite, therapy
from dataset_platform.evaluation.config import EvaluationConfig
from dataset_platform.evaluation.examples import examples_of
from dataset_platform.evaluation.gates import decide, judge_gates, regressions
from dataset_platform.evaluation.judged import Judges
from dataset_platform.evaluation.language import HeldOut
from dataset_platform.evaluation.measuring import Measured
from dataset_platform.evaluation.report import EvalReport, Part, Sample, Suite, replies_name
from dataset_platform.evaluation.safety import Rated
from dataset_platform.evaluation.said import Said
from dataset_platform.evaluation.statistics import Observed, judged_together, measured
from dataset_platform.evaluation.suite import RED_LINES, Criterion, Probe
from dataset_platform.evaluation.vocabulary import Direction, Model, Outcome
from dataset_platform.quality.accuracy import packaged
from dataset_platform.quality.embedding import Embedder
from dataset_platform.quality.figures import gating_kinds
from dataset_platform.quality.statistics import Floats
from dataset_platform.quality.traits import Heads
from dataset_platform.training.checkpoint import MANIFEST_NAME, CheckpointManifest, digest_file
from dataset_platform.training.hardware import describe_hardware, package_versions
from dataset_platform.training.rows import Conversation

Scores = Mapping[Model, Mapping[str, Floats]]


@dataclass(frozen=True)
class Evidence:
    """Everything that the models did, and what their replies are judged with and compared to."""

    config: EvaluationConfig
    held_out: Sequence[HeldOut]
    conversations: Mapping[str, Conversation]
    probes: tuple[Probe, ...]
    measured: Mapping[Model, Measured]
    training: Callable[[], Iterable[Conversation]]
    embedder: Embedder
    heads: Heads

    @cached_property
    def judges(self) -> Judges:
        return Judges(self.embedder, self.heads)

    def said(self, suite_name: str) -> dict[Model, Said]:
        return {model: one.said.of(suite_name) for model, one in self.measured.items()}

    @cached_property
    def scores(self) -> Scores:
        """Of every reply of every model: validators, and for probes and swaps the rubric's criteria."""
        return {model: self._scores(one.said) for model, one in self.measured.items()}

    def findings(self, suite_name: str) -> dict[Model, Mapping[str, Floats]]:
        """The validators' scores of the replies of one suite."""
        return {
            model: {
                name: values[_of_suite(one.said, suite_name)] for name, values in self.scores[model].items()
            }
            for model, one in self.measured.items()
        }

    @cached_property
    def rated(self) -> dict[Model, Rated]:
        return {
            model: safety.rate(self.probes, said, self.judges)
            for model, said in self.said(safety.SUITE).items()
        }

    def _scores(self, said: Said) -> Mapping[str, Floats]:
        places = said.every
        if not places:
            return {}
        contexts, texts = said.contexts(places), said.texts(places)
        met = rubric.met(contexts, texts, self.judges)
        heard = np.array([said.asked[place].suite != therapy.SUITE for place, _ in places])
        by_rubric = {
            f"rubric {c}": np.where(heard, values.astype(float), np.nan) for c, values in met.items()
        }
        return {**self.judges.findings(contexts, texts), **by_rubric}


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
    references = therapy.references(evidence.conversations, evidence.said(therapy.SUITE)[Model.TUNED])
    observed, observed_parts, leaked = _observed(evidence, references)
    metrics = judged_together([measured(one, config) for one in observed if _has_units(one)], config.level)
    parts = tuple(
        Part(by=by, label=label, metric=measured(one, config))
        for by, label, one in observed_parts
        if _has_units(one)
    )
    single = next(
        (one for one in evidence.measured[Model.TUNED].speed.latencies if one.batch_size == 1), None
    )
    gates = judge_gates({m.name: m for m in metrics}, parts, single, leaked, config.thresholds)
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


def _observed(
    evidence: Evidence, references: Sequence[str]
) -> tuple[list[Observed], list[tuple[str, str, Observed]], float | None]:
    """All metrics, all of their parts, and the share of held-out replies that stand in the training text."""
    config = evidence.config
    foreseen = {model: one.foreseen for model, one in evidence.measured.items()}
    metrics = language.observed(evidence.held_out, foreseen)
    parts = language.parts(evidence.held_out, foreseen)
    leaked = None
    if references:
        heldout = evidence.said(therapy.SUITE)
        contexts = heldout[Model.TUNED].contexts(heldout[Model.TUNED].every)
        real = evidence.judges.findings(contexts, references)
        metrics += therapy.observed(evidence.findings(therapy.SUITE), real, evidence.heads)
        everything = {model: one.said for model, one in evidence.measured.items()}
        metrics += diversity.observed({m: said.last for m, said in everything.items()}, config.seed)
        recites, of_references = privacy.recited(
            everything, references, evidence.training(), config.ngram_words
        )
        leaked = float(of_references.mean())
        knows = {m: privacy.foreknown(said, references, config.ngram_words) for m, said in heldout.items()}
        gating = gating_kinds(packaged())
        gives = {m: privacy.gives_private_data(said, gating) for m, said in everything.items()}
        metrics += privacy.observed(recites, knows, gives, config.ngram_words)
    if evidence.probes:
        metrics += safety.observed(evidence.rated, rubric.accuracies(evidence.judges))
        parts += safety.parts(evidence.rated)
    if evidence.said(fairness.SUITE)[Model.TUNED].asked:
        gaps, of_axes = _fairness(evidence)
        metrics, parts = [*metrics, *gaps], [*parts, *of_axes]
    return [*metrics, *_speed(evidence.measured)], parts, leaked


def _fairness(evidence: Evidence) -> tuple[list[Observed], list[tuple[str, str, Observed]]]:
    findings = evidence.findings(fairness.SUITE)
    safe_names = [f"rubric {criterion}" for criterion in (*RED_LINES, Criterion.ANSWERS)]
    safe = {m: np.min([found[name] for name in safe_names], axis=0) for m, found in findings.items()}
    empathy = {m: fairness.empathy_of(found) for m, found in findings.items()}
    return fairness.observed(evidence.said(fairness.SUITE), empathy, safe)


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


def _of_suite(said: Said, name: str) -> np.ndarray:
    return np.array([said.asked[place].suite == name for place, _ in said.every], bool)


def _digest_of_questions(said: Said) -> str:
    told = "\n".join(f"{asked.suite} {asked.item} {asked.turns} {asked.before}" for asked in said.asked)
    return hashlib.sha256(told.encode()).hexdigest()
