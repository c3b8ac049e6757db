"""Judges a release: validators over its chunks, figures with intervals, gates."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import daft
import numpy as np

from dataset_platform.errors import UsageError
from dataset_platform.quality import accuracy, breakdown, leakage
from dataset_platform.quality.accuracy import AccuracyTable
from dataset_platform.quality.appropriateness import Appropriateness
from dataset_platform.quality.beside_gates import BesideGates
from dataset_platform.quality.bias import JUDGED, Bias
from dataset_platform.quality.changes import Changes
from dataset_platform.quality.chunks import read_chunks
from dataset_platform.quality.coherence import Coherence, packaged_head
from dataset_platform.quality.crisis import CrisisFlags
from dataset_platform.quality.crisis_handling import CrisisHandling
from dataset_platform.quality.crisis_triage import CrisisTriage
from dataset_platform.quality.embedding import Embedder
from dataset_platform.quality.figures import Figures, gating_kinds
from dataset_platform.quality.hygiene import Hygiene
from dataset_platform.quality.judged import judge
from dataset_platform.quality.kept_findings import KeptFindings
from dataset_platform.quality.notes import METHODS
from dataset_platform.quality.prevalence import prevalences
from dataset_platform.quality.private_data import PrivateData
from dataset_platform.quality.red_lines import RedLines
from dataset_platform.quality.reply_quality import ReplyQuality
from dataset_platform.quality.report import About, BiasFindings, Direction, Gate, Report, Verdict
from dataset_platform.quality.review.queue import Queue, queue_of
from dataset_platform.quality.review.summary import reviewing
from dataset_platform.quality.sentence_model import chosen
from dataset_platform.quality.speakers import Speakers
from dataset_platform.quality.toxicity import Toxicity
from dataset_platform.quality.traits import TRAITS, Heads
from dataset_platform.quality.validator import Validator

if TYPE_CHECKING:  # at run time it would pull in the language models of curation
    from dataset_platform.curate import Reviews

VERSION = "5"
SEED = 20
UNCOMPARED = "no lower version was judged"
GATES = {
    "semantic_coherence": ("Semantic coherence", Direction.AT_LEAST),
    "therapeutic_appropriateness": ("Therapeutic appropriateness", Direction.AT_LEAST),
    "crisis_flags": ("Unresolved crisis flags (share)", Direction.AT_MOST),
    "private_data": ("Unresolved private data (rows)", Direction.AT_MOST),
    "bias": ("Bias score", Direction.AT_LEAST),
    "overall": ("Overall", Direction.AT_LEAST),
}


def validators(heads: Heads = MappingProxyType({})) -> tuple[Validator, ...]:
    """All validators of this version, with packaged coefficients and the heads that the project trained."""
    judged, triage = (Coherence(packaged_head()), Appropriateness()), CrisisTriage(heads)
    warmth = ReplyQuality(heads, tuple(trait for trait in TRAITS if trait.name in JUDGED))
    gated = (*judged, CrisisFlags(), PrivateData(), Bias((*judged, warmth, triage)), Hygiene())
    return (*gated, Toxicity(), ReplyQuality(heads), triage, CrisisHandling(), RedLines(), Speakers())


@dataclass(frozen=True)
class Assessment:
    """The report of a release, and the conversations in it that wait for a reviewer."""

    report: Report
    queue: Queue


def assess(
    rows: daft.DataFrame | Path,
    thresholds: Mapping[str, float],
    manifest_sha256: str,
    version: str,
    *,
    table: AccuracyTable | None = None,
    embedder: Embedder | None = None,
    heads: Heads = MappingProxyType({}),
    reviews: "Reviews | None" = None,
    kept: KeptFindings | None = None,
    seed: int = SEED,
) -> Assessment:
    """The QA report of a release's rows (`schemas.RELEASE`), judged against one threshold a gate.

    Where `heads` lacks a trained one, the lexical head scores, and the report says so. `reviews` are the
    decisions on these rows; those that reviewers settled wait no more. `kept` are findings of reports before.
    The report is compared with none yet.

    The order of rows changes nothing, nor do their partitions. Raises UsageError where
    `thresholds` and the gates differ, and InputError on a release without rows.
    """
    check_thresholds(thresholds)
    table = table or accuracy.packaged()
    judges = validators(heads)
    judged = judge(read_chunks(rows, embedder or chosen().load()), judges, kept)
    decided = reviews or _no_reviews()
    approved = np.isin(judged.facts["conversation_id"], np.array(decided.kept, dtype=object))
    figures = Figures(judged.findings, gating_kinds(table), seed, approved)
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
    settled = {id_ for id_ in decided.ids if id_ not in decided.conflicts}
    queue = queue_of(judged, heads, settled, decided.conflicts, figures.gating)
    failed = tuple(gate.name for gate in gates if gate.verdict is Verdict.FAILED)
    report = Report(
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
        distributions=breakdown.distributions(judged, figures),
        parts=tuple(breakdown.parts(judged, figures)),
        changes=Changes(reason=UNCOMPARED),
        crisis=breakdown.crisis(judged),
        private_data=tuple(breakdown.private_data(judged, table, figures.gating)),
        prevalences=tuple(prevalences(judged, table, seed)),
        bias=BiasFindings(mentions=breakdown.mentions(judged), gaps=figures.gaps()),
        hygiene=breakdown.hygiene(judged, leakage.split_leak(rows)),
        reviewing=reviewing(queue, decided),
        validators=tuple(About(**asdict(judge.card)) for judge in judges),
        accuracies=table.entries,
        methods=METHODS,
    )
    return Assessment(report, queue)


def findings_kept_in(folder: Path, heads: Heads = MappingProxyType({})) -> KeptFindings:
    """Findings of this version of all validators with these heads, kept in the folder."""
    fitted = [heads[name].model_dump_json() for name in sorted(heads)]
    state = "\x1f".join((VERSION, accuracy.packaged_digest(), chosen().load().name, *fitted))
    return KeptFindings(folder / "findings.sqlite", hashlib.sha256(state.encode()).hexdigest())


def check_thresholds(thresholds: Mapping[str, float]) -> None:
    missing, unknown = GATES.keys() - thresholds.keys(), thresholds.keys() - GATES.keys()
    if missing or unknown:
        raise UsageError(
            f"gates: no threshold for {sorted(missing) or 'none'}, unknown {sorted(unknown) or 'none'}. "
            f"Give one threshold each for {', '.join(GATES)}."
        )


def _no_reviews() -> "Reviews":
    from dataset_platform.curate import Reviews

    return Reviews()
