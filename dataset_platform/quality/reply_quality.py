"""Empathy and counselling behaviour of replies, by trained heads where the project has any."""

from dataclasses import dataclass, field

from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.coherence import mean_by
from dataset_platform.quality.traits import TRAITS, Heads, Replies, Trait
from dataset_platform.quality.validator import Card, Findings
from dataset_platform.schemas import Role

CARD = Card(
    name="reply_quality",
    version="1",
    measures="empathy of replies in EPITOME's mechanisms (emotional reactions, interpretations, "
    "explorations), reflections and open questions; edge cases are excluded",
    scale="0 to 1 a conversation: mean probability that a reply of the therapist shows the trait",
    licence="phrases and weights of the lexical heads are ours; trained heads stay with the project, as "
    "their data has no licence to package them",
    cost="about 2 s per 1,000 conversations of 7 short turns, beside the shared sentence vectors",
)


@dataclass(frozen=True)
class ReplyQuality:
    """The probability of each trait, by the trained head where there is one, else by the lexical one."""

    heads: Heads = field(default_factory=dict)
    traits: tuple[Trait, ...] = TRAITS
    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """`<trait>`: NaN for edge cases and without a therapist. Equal replies are scored once."""
        spoken = chunk.turns.spoken
        wanted = (spoken.role == Role.ASSISTANT.value) & ~chunk.is_edge_case[spoken.conversation]
        said = chunk.distinct(wanted)
        replies = Replies(said.texts, said.vectors)
        return {
            trait.name: mean_by(
                said.conversation, replies.probability(trait, self.heads)[said.place], len(chunk)
            )
            for trait in self.traits
        }
