"""Judges a release: validators over its chunks, figures with intervals, gates."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

import daft
import numpy as np
from numpy.typing import NDArray

from dataset_platform.errors import InputError, UsageError
from dataset_platform.quality import accuracy, embedding, leakage
from dataset_platform.quality.accuracy import AccuracyTable
from dataset_platform.quality.appropriateness import Appropriateness
from dataset_platform.quality.beside_gates import BesideGates
from dataset_platform.quality.bias import Bias
from dataset_platform.quality.chunks import Chunk, read_chunks
from dataset_platform.quality.coherence import BIN_NAMES, N_BINS, Coherence, packaged_head
from dataset_platform.quality.crisis import CrisisFlags
from dataset_platform.quality.crisis_handling import CrisisHandling
from dataset_platform.quality.crisis_triage import CrisisTriage
from dataset_platform.quality.embedding import Embedder
from dataset_platform.quality.figures import Figures, gating_kinds, measured_precision
from dataset_platform.quality.groups import AXES
from dataset_platform.quality.hygiene import Hygiene
from dataset_platform.quality.notes import METHODS, STILL_TO_COME
from dataset_platform.quality.private_data import KINDS, PrivateData
from dataset_platform.quality.red_lines import RedLines
from dataset_platform.quality.reply_quality import ReplyQuality
from dataset_platform.quality.report import (
    About,
    BiasFindings,
    Crisis,
    Direction,
    Gate,
    Histogram,
    HygieneCounts,
    Part,
    PrivateKindFound,
    Report,
    Verdict,
)
from dataset_platform.quality.traits import Heads
from dataset_platform.quality.validator import Findings, Validator

VERSION = "2"
SEED = 20
GATES = {
    "semantic_coherence": ("Semantic coherence", Direction.AT_LEAST),
    "therapeutic_appropriateness": ("Therapeutic appropriateness", Direction.AT_LEAST),
    "crisis_flags": ("Unresolved crisis flags (share)", Direction.AT_MOST),
    "private_data": ("Unresolved private data (rows)", Direction.AT_MOST),
    "bias": ("Bias score", Direction.AT_LEAST),
    "overall": ("Overall", Direction.AT_LEAST),
}
_FACTS = ("conversation_id", "source", "stage", "language", "n_turns", "n_chars", "is_edge_case")


@dataclass(frozen=True)
class Judged:
    """Facts and findings of a release, one row a conversation, in order of their ids."""

    facts: Mapping[str, NDArray]
    findings: Findings

    def examples(self, mask: NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(map(str, self.facts["conversation_id"][mask][:5]))


def validators(heads: Heads = MappingProxyType({})) -> tuple[Validator, ...]:
    """All validators of this version, with packaged coefficients and the heads that the project trained."""
    judged, triage = (Coherence(packaged_head()), Appropriateness()), CrisisTriage(heads)
    gated = (*judged, CrisisFlags(), PrivateData(), Bias((*judged, triage)), Hygiene())
    return (*gated, ReplyQuality(heads), triage, CrisisHandling(), RedLines())


def assess(
    rows: daft.DataFrame | Path,
    thresholds: Mapping[str, float],
    manifest_sha256: str,
    version: str,
    *,
    table: AccuracyTable | None = None,
    embedder: Embedder | None = None,
    heads: Heads = MappingProxyType({}),
    seed: int = SEED,
) -> Report:
    """The QA report of a release's rows (`schemas.RELEASE`), judged against one threshold a gate.

    Where `heads` lacks a trained one, the lexical head scores, and the report says so.

    The order of rows changes nothing, nor do their partitions. Raises UsageError where
    `thresholds` and the gates differ, and InputError on a release without rows.
    """
    check_thresholds(thresholds)
    table = table or accuracy.packaged()
    judges = validators(heads)
    judged = judge(read_chunks(rows, embedder or embedding.packaged()), judges)
    figures = Figures(judged.findings, gating_kinds(table), seed)
    measurements = figures.measurements(table, {judge.card.name: judge.card for judge in judges})
    gates = tuple(
        Gate(
            name=name,
            title=title,
            direction=direction,
            threshold=thresholds[name],
            measurement=measurements[name],
        )
        for name, (title, direction) in GATES.items()
    )
    failed = tuple(gate.name for gate in gates if gate.verdict is Verdict.FAILED)
    return Report(
        version=version,
        manifest_sha256=manifest_sha256,
        quality_version=VERSION,
        passed=not failed,
        failed=failed,
        not_measured=tuple(gate.name for gate in gates if gate.verdict is Verdict.NOT_MEASURED),
        conversations=figures.n,
        turns=int(judged.facts["n_turns"].sum()),
        gates=gates,
        verdicts={gate.name: gate.verdict for gate in gates},
        figures=BesideGates(judged.findings, heads, table, seed).figures(),
        distributions=_distributions(judged, figures),
        parts=tuple(_parts(judged, figures)),
        crisis=_crisis(judged),
        private_data=tuple(_private_data(judged, table, figures.gating)),
        bias=BiasFindings(mentions=_mentions(judged), gaps=figures.gaps()),
        hygiene=_hygiene(judged, leakage.split_leak(rows)),
        validators=tuple(About(**asdict(judge.card)) for judge in judges),
        accuracies=table.entries,
        methods=METHODS,
        still_to_come=STILL_TO_COME,
    )


def check_thresholds(thresholds: Mapping[str, float]) -> None:
    missing, unknown = GATES.keys() - thresholds.keys(), thresholds.keys() - GATES.keys()
    if missing or unknown:
        raise UsageError(
            f"gates: no threshold for {sorted(missing) or 'none'}, unknown {sorted(unknown) or 'none'}. "
            f"Give one threshold each for {', '.join(GATES)}."
        )


def judge(chunks: Iterable[Chunk], judges: tuple[Validator, ...]) -> Judged:
    """What every validator finds, in order of the conversations' ids."""
    facts: list[dict[str, NDArray]] = []
    findings: list[dict[str, NDArray]] = []
    for chunk in chunks:
        facts.append({name: chunk.rows[name].to_numpy() for name in _FACTS})
        findings.append({name: values for judge in judges for name, values in judge.judge(chunk).items()})
    if not facts:
        raise InputError("the release has no rows to judge. Export it with more samples.")
    order = np.argsort(np.concatenate([part["conversation_id"] for part in facts]), kind="stable")
    return Judged(_joined(facts, order), _joined(findings, order))


def _joined(parts: list[dict[str, NDArray]], order: NDArray[np.int64]) -> dict[str, NDArray]:
    return {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}


def _distributions(judged: Judged, figures: Figures) -> tuple[Histogram, ...]:
    replies = figures.bins.sum(axis=0)
    score = judged.findings["appropriateness"]
    scored, edges = np.histogram(score[~np.isnan(score)], bins=20, range=(0, 1))
    return (
        _histogram(
            "Probability that a reply is the real next turn",
            "replies",
            np.arange(N_BINS + 1) / N_BINS,
            replies,
        ),
        _histogram("Therapeutic appropriateness", "conversations", edges, scored),
        _counted("Turns a conversation", judged.facts["n_turns"]),
        _counted("Characters a conversation", judged.facts["n_chars"]),
    )


def _counted(title: str, values: NDArray) -> Histogram:
    """Histogram up to the 99th percentile; the last bar holds everything above."""
    top = max(float(np.quantile(values, 0.99)), 1.0)
    counts, edges = np.histogram(np.minimum(values, top), bins=20, range=(0, top))
    return _histogram(title, "conversations", edges, counts)


def _histogram(title: str, unit: str, edges: NDArray, counts: NDArray) -> Histogram:
    return Histogram(
        title=title,
        unit=unit,
        edges=tuple(np.round(edges, 6).tolist()),
        counts=tuple(counts.astype(int).tolist()),
    )


def _parts(judged: Judged, figures: Figures) -> Iterable[Part]:
    has_private_data = figures.has_private_data > 0
    for by in ("source", "stage"):
        for name in sorted(set(judged.facts[by])):
            mask = judged.facts[by] == name
            scored, appropriateness = figures.appropriateness_of(mask)
            yield Part(
                by=by,
                name=name,
                conversations=int(mask.sum()),
                edge_cases=int(judged.facts["is_edge_case"][mask].sum()),
                replies=int(sum(judged.findings[bin_][mask].sum() for bin_ in BIN_NAMES)),
                coherence=figures.coherence_of(mask),
                scored=scored,
                appropriateness=appropriateness,
                crisis_unresolved=int(judged.findings["crisis_unresolved"][mask].sum()),
                private_conversations=int(has_private_data[mask].sum()),
                median_turns=float(np.median(judged.facts["n_turns"][mask])),
            )


def _crisis(judged: Judged) -> Crisis:
    unresolved = judged.findings["crisis_unresolved"] > 0
    return Crisis(
        unresolved=int(unresolved.sum()),
        deliberate=int(judged.findings["crisis_deliberate"].sum()),
        examples=judged.examples(unresolved),
    )


def _private_data(
    judged: Judged, table: AccuracyTable, gating: tuple[str, ...]
) -> Iterable[PrivateKindFound]:
    for kind in KINDS:
        turns = judged.findings[f"private_{kind.name}"]
        recall, precision = measured_precision(table, kind.name)
        yield PrivateKindFound(
            kind=kind.name,
            gates=kind.name in gating,
            conversations=int((turns > 0).sum()),
            turns=int(turns.sum()),
            examples=judged.examples(turns > 0),
            recall=recall,
            precision=precision,
        )


def _mentions(judged: Judged) -> dict[str, int]:
    groups = [group for axis in AXES for group in axis.groups]
    return {group: int(judged.findings[f"mentions {group}"].sum()) for group in groups}


def _hygiene(judged: Judged, leak: leakage.SplitLeak) -> HygieneCounts:
    repeated = judged.findings["repeated_turns"]
    languages = Counter(map(str, judged.facts["language"]))
    return HygieneCounts(
        role_order_broken=int(judged.findings["role_order_broken"].sum()),
        conversations_with_repeated_turns=int((repeated > 0).sum()),
        repeated_turns=int(repeated.sum()),
        languages=dict(sorted(languages.items(), key=lambda item: (-item[1], item[0]))),
        leak=leak,
    )
