"""Label noise: replies that look written by the client, and conversations whose roles look swapped."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset_platform.heads import Floats, Head
from dataset_platform.quality import reply_signs
from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.coherence import mean_by
from dataset_platform.quality.validator import Card, Findings
from dataset_platform.schemas import Role

NAME = "speakers"
# So much higher, as a mean logit, client's turns must score than replies for roles to look swapped.
SWAPPED_FROM = 0.5
CARD = Card(
    name=NAME,
    version="1",
    measures="label noise: replies that read as if the client had written them, and conversations in which "
    "client and therapist read as if they were swapped",
    scale="counts of replies and of conversations, lower is better; for a reviewer to look at",
    licence="phrases and coefficients ours, fitted on MIT data",
    cost="about 2 s per 1,000 conversations of 7 short turns",
)


@cache
def packaged_head() -> Head:
    """The probability that a turn is a therapist's; below its threshold a reply looks a client's."""
    return Head.read(Path(__file__).parent / f"{NAME}.json")


def logits(head: Head, texts: pa.Array) -> Floats:
    """How likely each text is a therapist's rather than a client's."""
    probability = head.of_features(reply_signs.features(texts))
    return np.log(probability / (1 - probability))


def reads_like_client(head: Head, found: Floats) -> NDArray[np.bool_]:
    """Which of these logits are below the head's threshold."""
    return np.asarray(found < np.log(head.threshold / (1 - head.threshold)))


@dataclass(frozen=True)
class Speakers:
    """Whether each conversation's turns read like those of the role that they carry."""

    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """`client_like_replies` of `replies`: counts; `roles_swapped`: 0 or 1, NaN without both roles."""
        head, said = packaged_head(), chunk.distinct(np.ones(len(chunk.turns.spoken), bool))
        found = logits(head, said.texts)[said.place]
        is_reply = chunk.turns.spoken.role == Role.ASSISTANT.value
        like_client = is_reply & reads_like_client(head, found)
        of_replies, of_client = (
            mean_by(said.conversation[side], found[side], len(chunk)) for side in (is_reply, ~is_reply)
        )
        margin = of_client - of_replies
        return {
            "replies": chunk.per_conversation(is_reply, said.conversation),
            "client_like_replies": chunk.per_conversation(like_client, said.conversation),
            "roles_swapped": np.where(np.isnan(margin), np.nan, margin >= SWAPPED_FROM),
        }
