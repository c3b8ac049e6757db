"""What a release holds, piece by piece: distributions, sources and stages, findings of each kind."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dataset_platform.quality import leakage
from dataset_platform.quality.accuracy import AccuracyTable
from dataset_platform.quality.coherence import BIN_NAMES, N_BINS
from dataset_platform.quality.figures import Figures, measured_precision
from dataset_platform.quality.groups import AXES
from dataset_platform.quality.judged import Judged
from dataset_platform.quality.private_data import KINDS
from dataset_platform.quality.report import Crisis, Histogram, HygieneCounts, Part, PrivateKindFound

GRADE_QUANTILES = (0.25, 0.5, 0.75)


def distributions(judged: Judged, figures: Figures) -> tuple[Histogram, ...]:
    """Histograms of scores and lengths."""
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


def parts(judged: Judged, figures: Figures) -> Iterable[Part]:
    """Figures of each source, then of each stage, in order of names."""
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


def crisis(judged: Judged) -> Crisis:
    """Conversations with a crisis flag, unresolved or deliberate."""
    unresolved = judged.findings["crisis_unresolved"] > 0
    return Crisis(
        unresolved=int(unresolved.sum()),
        deliberate=int(judged.findings["crisis_deliberate"].sum()),
        examples=judged.examples(unresolved),
    )


def private_data(judged: Judged, table: AccuracyTable, gating: tuple[str, ...]) -> Iterable[PrivateKindFound]:
    """What the sweep found, a kind each."""
    for kind in KINDS:
        turns = judged.findings[f"private_{kind.name}"]
        recall, precision = measured_precision(table, kind)
        yield PrivateKindFound(
            kind=kind.name,
            gates=kind.name in gating,
            conversations=int((turns > 0).sum()),
            turns=int(turns.sum()),
            examples=judged.examples(turns > 0),
            recall=recall,
            precision=precision,
        )


def mentions(judged: Judged) -> dict[str, int]:
    """Conversations that mention each group."""
    groups = [group for axis in AXES for group in axis.groups]
    return {group: int(judged.findings[f"mentions {group}"].sum()) for group in groups}


def hygiene(judged: Judged, leak: leakage.SplitLeak) -> HygieneCounts:
    """What a well-formed conversation does not have, and how hard replies read."""
    repeated = judged.findings["repeated_turns"]
    grades = judged.findings["reading_grade"]
    grades = grades[~np.isnan(grades)]
    taught = judged.findings["taught"][judged.facts["is_edge_case"].astype(bool)]
    languages = Counter(map(str, judged.facts["language"]))
    return HygieneCounts(
        role_order_broken=int(judged.findings["role_order_broken"].sum()),
        conversations_with_repeated_turns=int((repeated > 0).sum()),
        repeated_turns=int(repeated.sum()),
        broken_off=int(judged.findings["broken_off"].sum()),
        edge_cases=len(taught),
        edge_cases_without_a_reply=int((taught == 0).sum()),
        edge_cases_taught=float(np.median(taught)) if len(taught) else None,
        graded=len(grades),
        reading_grades=tuple(np.quantile(grades, GRADE_QUANTILES).tolist()) if len(grades) else None,
        languages=dict(sorted(languages.items(), key=lambda item: (-item[1], item[0]))),
        leak=leak,
    )
