"""Conversation hygiene: exact counts of what a well-formed conversation does not have."""

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.validator import Card, Findings
from dataset_platform.schemas import Role

CARD = Card(
    name="hygiene",
    version="1",
    measures="whether client and therapist take turns, and turns that a conversation repeats word for word",
    scale="counts",
    licence="rules are ours",
    cost="under 0.1 s per 1,000 conversations of 7 short turns",
)


@dataclass(frozen=True)
class Hygiene:
    """Role order, repeated turns."""

    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """`role_order_broken`: 0 or 1; `repeated_turns`: turns of 20 characters or more said before."""
        turns = chunk.turns
        same_role = np.r_[False, turns.role[1:] == turns.role[:-1]][: len(turns)]
        late_system = turns.role == Role.SYSTEM.value
        broken = turns.follows & (same_role | late_system)
        spoken = turns.spoken
        long = pc.greater_equal(pc.utf8_length(spoken.text), 20).to_numpy(zero_copy_only=False)
        codes = spoken.text.dictionary_encode().indices.to_numpy(zero_copy_only=False)[long]
        conversation = spoken.conversation[long]
        _, first = np.unique(np.column_stack([conversation, codes]), axis=0, return_index=True)
        repeated = np.ones(len(codes))
        repeated[first] = 0
        return {
            "role_order_broken": (chunk.per_conversation(broken, turns.conversation) > 0).astype(np.float64),
            "repeated_turns": chunk.per_conversation(repeated, conversation),
        }
