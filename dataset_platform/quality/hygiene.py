"""Conversation hygiene: what a well-formed conversation does not have, what it teaches, how hard it reads."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset_platform.quality.chunks import Chunk, Turns
from dataset_platform.quality.text_blocks import count
from dataset_platform.quality.validator import Card, Findings
from dataset_platform.schemas import Role

# Whoever ended a sentence before, and at the end has neither a mark nor a closing quote or bracket.
_ENDED_BEFORE = r"[.!?…][\"'”’)\]]*\s"  # noqa: RUF001
_BROKEN_OFF = r"[\pL\pN,;(–-]\s*$"  # noqa: RUF001
FEWEST_WORDS = 20  # of a conversation's replies, to speak of their grade

CARD = Card(
    name="hygiene",
    version="3",
    measures="whether client and therapist take turns, turns that a conversation repeats word for word, "
    "replies that break off in a sentence though sentences before it were ended, how much there is to learn "
    "from, and how hard replies read",
    scale="counts; reading grade by the Coleman-Liau index (1975), in years of American schooling",
    licence="rules are ours",
    cost="under 0.1 s per 1,000 conversations of 7 short turns",
)


@dataclass(frozen=True)
class Hygiene:
    """Role order, repeated turns, broken-off replies, characters to learn from, reading grade."""

    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """`role_order_broken`: 0 or 1; `repeated_turns`: turns of 20 characters or more said before;
        `broken_off`: replies; `taught`: characters of replies that follow a turn, each counted once, which is
        what training learns from; `reading_grade`: of the replies together, NaN where they are too short.
        """
        turns = chunk.turns
        same_role = np.r_[False, turns.role[1:] == turns.role[:-1]][: len(turns)]
        late_system = turns.role == Role.SYSTEM.value
        broken = turns.follows & (same_role | late_system)
        spoken = turns.spoken
        long = pc.greater_equal(pc.utf8_length(spoken.text), 20).to_numpy(zero_copy_only=False)
        lengthy = spoken.where(long)
        return {
            "role_order_broken": (chunk.per_conversation(broken, turns.conversation) > 0).astype(np.float64),
            "repeated_turns": chunk.per_conversation(~_is_new(lengthy), lengthy.conversation),
            "taught": _taught(chunk),
            **_of_replies(chunk),
        }


def _taught(chunk: Chunk) -> NDArray[np.float64]:
    turns = chunk.turns
    replies = turns.where(turns.follows & (turns.role == Role.ASSISTANT.value))
    characters = pc.utf8_length(replies.text).to_numpy(zero_copy_only=False)
    return chunk.per_conversation(characters * _is_new(replies), replies.conversation)


def _is_new(turns: Turns) -> NDArray[np.bool_]:
    """Whether a turn is the first in its conversation that says this."""
    codes = turns.text.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    _, first = np.unique(np.column_stack([turns.conversation, codes]), axis=0, return_index=True)
    is_new = np.zeros(len(codes), np.bool_)
    is_new[first] = True
    return is_new


def _of_replies(chunk: Chunk) -> Findings:
    said = chunk.turns.where(chunk.turns.role == Role.ASSISTANT.value)
    broken_off = _matches(said.text, _ENDED_BEFORE) & _matches(said.text, _BROKEN_OFF)
    letters, words, sentences = (
        chunk.per_conversation(count(said.text, pattern), said.conversation)
        for pattern in (r"\pL", r"[\pL\pN][\pL\pN'’]*", r"[.!?…]+(?:\s|$)")  # noqa: RUF001
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        grade = 5.88 * letters / words - 29.6 * np.maximum(sentences, 1) / words - 15.8
    return {
        "broken_off": chunk.per_conversation(broken_off, said.conversation),
        "reading_grade": np.where(words >= FEWEST_WORDS, grade, np.nan),
    }


def _matches(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    return pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
