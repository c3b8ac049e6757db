"""Crisis flags: which conversations carry one that nobody has resolved."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.validator import Card, Findings

PREFIX = "crisis_"
GRAVE = 3


def flagged(flags: pa.Array, kinds: Collection[str] = ()) -> np.ndarray:
    """Whether each row's flags hold one of a crisis, of these kinds if any are named; list<string>."""
    values = pc.list_flatten(flags)
    wanted = pc.is_in(values, pa.array(kinds, values.type)) if kinds else pc.starts_with(values, PREFIX)
    is_crisis = wanted.to_numpy(zero_copy_only=False).astype(bool)
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
        """`crisis_unresolved`, `crisis_deliberate`, `crisis_flagged` and `crisis_grave`: 0 or 1.

        `crisis_severity`: 0 to 3; `flags_unresolved`: how many flags of any kind nobody has resolved.
        """
        open_flags = chunk.rows["unresolved"].combine_chunks()
        found = flagged(chunk.rows["flags"].combine_chunks())
        severity = chunk.rows["crisis_severity"].to_numpy().astype(np.float64)
        return {
            "crisis_unresolved": flagged(open_flags).astype(np.float64),
            "crisis_deliberate": (found & chunk.is_edge_case).astype(np.float64),
            "crisis_flagged": found.astype(np.float64),
            "crisis_severity": severity,
            "crisis_grave": (severity >= GRAVE).astype(np.float64),
            "flags_unresolved": pc.list_value_length(open_flags).to_numpy(zero_copy_only=False).astype(float),
        }
