"""Crisis flags: which conversations carry one that nobody has resolved."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.validator import Card, Findings

PREFIX = "crisis_"


def flagged(flags: pa.Array) -> np.ndarray:
    """Whether each row's flags hold one of a crisis; `flags` is list<string>."""
    values = pc.list_flatten(flags)
    is_crisis = pc.starts_with(values, PREFIX).to_numpy(zero_copy_only=False).astype(bool)
    rows = pc.list_parent_indices(flags).to_numpy(zero_copy_only=False)
    return np.bincount(rows[is_crisis], minlength=len(flags)) > 0


CARD = Card(
    name="crisis_flags",
    version="2",
    measures="conversations that carry a crisis flag which neither a rule nor a reviewer has resolved; "
    "flags come from the lexical triage at curation, which misses crises (see its recall)",
    scale="share of conversations, lower is better",
    licence="rules are ours",
    cost="under 0.1 s per 1,000 conversations of 7 short turns",
)


@dataclass(frozen=True)
class CrisisFlags:
    """Conversations with an unresolved crisis flag, and edge cases with one, which are deliberate."""

    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """`crisis_unresolved` and `crisis_deliberate`: 0 or 1."""
        unresolved = flagged(chunk.rows["unresolved"].combine_chunks())
        found = flagged(chunk.rows["flags"].combine_chunks())
        return {
            "crisis_unresolved": unresolved.astype(np.float64),
            "crisis_deliberate": (found & chunk.is_edge_case).astype(np.float64),
        }
