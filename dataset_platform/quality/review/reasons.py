"""Why a conversation waits for a reviewer: it fails a judgement of its own, or is too near to call."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from dataset_platform.quality import crisis_triage, red_lines, toxicity
from dataset_platform.quality.judged import Judged
from dataset_platform.quality.private_data import KINDS, Kind
from dataset_platform.quality.traits import Heads

Mask = NDArray[np.bool_]

# Odds of at most this many times those of the threshold, either way, are too near to be told apart.
NEAR = 1.5
# 0.5 is no evidence: below it the behaviours to avoid outweigh those of good counselling.
LEAST_APPROPRIATENESS = 0.5
LEAST_COHERENCE = 0.2


class Reason(StrEnum):
    """Why a conversation stands in the review queue, the most urgent reason first."""

    REVIEWERS_DISAGREE = "reviewers_disagree"
    UNRESOLVED_FLAG = "unresolved_flag"
    CRISIS_BY_MODEL_ONLY = "crisis_by_model_only"
    PRIVATE_DATA = "private_data"
    RED_LINE = "red_line"
    CRISIS_UNANSWERED = "crisis_unanswered"
    CRISIS_NEAR_THRESHOLD = "crisis_near_threshold"
    CRISIS_BY_RULE_ONLY = "crisis_by_rule_only"
    TOXICITY_NEAR_THRESHOLD = "toxicity_near_threshold"
    PRIVATE_DATA_DOUBTED = "private_data_doubted"
    INAPPROPRIATE = "inappropriate"
    INCOHERENT = "incoherent"
    ROLE_ORDER = "role_order"


def reasons(judged: Judged, heads: Heads, disputed: Mask, precise: Collection[str]) -> dict[Reason, Mask]:
    """The conversations that each reason holds for; `disputed` are those on which reviewers disagree.

    `precise` are the kinds of private data whose hits are seldom wrong; hits of others are doubted.
    Edge cases are hard on purpose: only their form, private data and coherence can be wrong.
    """
    found = judged.findings
    ordinary = ~judged.facts["is_edge_case"].astype(bool)
    return {
        Reason.REVIEWERS_DISAGREE: disputed,
        Reason.UNRESOLVED_FLAG: found["flags_unresolved"] > 0,
        Reason.CRISIS_BY_MODEL_ONLY: found["crisis_suspected"] > 0,
        Reason.PRIVATE_DATA: _private(found, [kind for kind in KINDS if kind.name in precise]),
        Reason.RED_LINE: ordinary & _any(found[f"red line {name}"] for name in red_lines.NAMES),
        Reason.CRISIS_UNANSWERED: ordinary & (found["crisis_flagged"] > 0) & (found["crisis_handling"] == 0),
        **_of_trained_triage(found, heads, ordinary),
        Reason.TOXICITY_NEAR_THRESHOLD: ordinary & near(found["toxicity"], toxicity.threshold()),
        Reason.PRIVATE_DATA_DOUBTED: _private(found, [kind for kind in KINDS if kind.name not in precise]),
        Reason.INAPPROPRIATE: ordinary & (found["appropriateness"] < LEAST_APPROPRIATENESS),
        Reason.INCOHERENT: found["coherence"] < LEAST_COHERENCE,
        Reason.ROLE_ORDER: found["role_order_broken"] > 0,
    }


def near(probability: NDArray[np.float64], threshold: float) -> Mask:
    """Whether a calibrated probability is too near the threshold: its odds are within a factor of `NEAR`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = probability / (1 - probability) * (1 - threshold) / threshold
        return np.asarray((odds >= 1 / NEAR) & (odds <= NEAR))


def _of_trained_triage(
    found: Mapping[str, NDArray[np.float64]], heads: Heads, ordinary: Mask
) -> dict[Reason, Mask]:
    """Doubts about crises; none by the lexical head, which is no calibrated second opinion on the rules."""
    head = heads.get(crisis_triage.CONVERSATION)
    if head is None:
        nobody = np.zeros(len(ordinary), bool)
        return {Reason.CRISIS_NEAR_THRESHOLD: nobody, Reason.CRISIS_BY_RULE_ONLY: nobody}
    close = near(found["crisis_probability"], head.threshold)
    calm = found["crisis_probability"] < head.threshold
    return {
        Reason.CRISIS_NEAR_THRESHOLD: ordinary & close,
        Reason.CRISIS_BY_RULE_ONLY: ordinary & (found["suicidal_flag"] > 0) & calm & ~close,
    }


def _private(found: Mapping[str, NDArray[np.float64]], kinds: Sequence[Kind]) -> Mask:
    hits = [found[f"private_{kind.name}"] for kind in kinds]
    return _any(hits) if hits else np.zeros(len(found["coherence"]), bool)


def _any(columns: Iterable[NDArray[np.float64]]) -> Mask:
    return np.asarray(np.any([column > 0 for column in columns], axis=0))
