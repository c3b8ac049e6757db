"""Crisis triage by rule or model: how likely the client of a conversation is at risk of suicide.

A turn's head reads phrases, severities of the rules, sentence vectors and words; a conversation's head reads
the turns' logits, pooled, and the gravest severities. Without trained heads the severities alone speak.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset_platform.heads import Block, Floats, Head, logistic
from dataset_platform.quality import text_blocks
from dataset_platform.quality.chunks import Chunk, Distinct
from dataset_platform.quality.crisis import flagged
from dataset_platform.quality.validator import Card, Findings
from dataset_platform.schemas import Role

TURN, CONVERSATION = "crisis_turn", "crisis"
# Of one suspicious turn and many others the suspicious one should speak: how sharply logits are pooled.
_SHARPNESS = 1.5
_GRAVEST = 3
SUICIDAL = ("crisis_suicide", "crisis_self_harm", "crisis_overdose")
SIGNS: dict[str, str] = {
    "i": r"\bi(?:['’]?m|['’]?ve|['’]?d|['’]?ll)?\b",  # noqa: RUF001
    "you": r"\byou\w*",
    "me": r"\b(?:me|my|myself)\b",
    "suicide": r"suicid",
    "takes life": r"\bkill(?:ing|ed)? myself|end (?:it|my life)|take my (?:own )?life",
    "death": r"\b(?:die|dead|death|dying)\b",
    "wants": r"\bi (?:just |really )?(?:want|wanna|wish|need)",
    "means": r"attempt|overdos|hung|hang|pills|gun|rope|jump|bridge|cut",
    "plan": r"\bplan|method|note|tonight|tomorrow|today|soon|when i",
    "asks for help": r"please help|help me|\?",
    "past": r"years ago|used to|when i was|was suicidal|ago",
    "denies": r"don['’]?t|can['’]?t|never|not",  # noqa: RUF001
    "despair": r"hopeless|worthless|tired|alone|nobody|no one|pain|burden|done|any ?more",
}
_MOST = 5.0
CONVERSATION_FEATURES = ("pooled logits of turns", "mean of the three gravest severities")
# The lexical stand-in, set by hand: severity 1 in one turn is even odds.
_STAND_IN = (-1.0, 1.0)


def severities(texts: pa.Array) -> NDArray[np.uint8]:
    """Severity of each kind of crisis in each text, by the rules of curation."""
    # Imported here: curate pulls in its language models.
    from dataset_platform.curate import crisis_severities

    return crisis_severities(texts)


def feature_names() -> tuple[str, ...]:
    from dataset_platform.curate.safety import CRISIS_FLAGS

    kinds = tuple(map(str, CRISIS_FLAGS))
    signs = (*SIGNS, *(f"{name}, for its length" for name in SIGNS), "log of 1 + words")
    return (*signs, *(f"severity of {k}" for k in kinds), *kinds, "gravest")


def features(texts: pa.Array, found: NDArray[np.uint8]) -> Floats:
    """The features of a turn's head, in the order of `feature_names`."""
    counts = np.column_stack([text_blocks.count(texts, pattern) for pattern in SIGNS.values()])
    words = text_blocks.count(texts, r"\S+")
    return np.column_stack(
        [
            np.minimum(counts, _MOST), counts / (1 + words)[:, None], np.log1p(words),
            found, found > 0, found.max(axis=1, initial=0),
        ]
    ).astype(float)  # fmt: skip


def pooled(logits: Floats, found: NDArray[np.uint8], owner: NDArray[np.int64], n: int) -> Floats:
    """`CONVERSATION_FEATURES` of n conversations, from logits and severities of turns; NaN without any."""
    count = np.bincount(owner, minlength=n).astype(float)
    top = text_blocks.highest(logits, owner, n)
    sums = np.bincount(owner, np.exp(_SHARPNESS * (logits - top[owner])), n)
    gravest = found.max(axis=1, initial=0).astype(float)
    order = np.lexsort((-gravest, owner))
    rank = np.arange(len(owner)) - np.searchsorted(owner[order], owner[order])
    leading = order[rank < _GRAVEST]
    severity = np.bincount(owner[leading], gravest[leading], n)
    with np.errstate(divide="ignore", invalid="ignore"):
        soft = top + np.log(sums / count) / _SHARPNESS
        return np.column_stack([soft, severity / np.minimum(count, _GRAVEST)])


CARD = Card(
    name="crisis_triage",
    version="1",
    measures="how likely the client of a conversation is at risk of suicide: by trained heads where the "
    "project has them, else by the severities of the rules; a conversation is suspected by rule or model",
    scale="probability a conversation; triage for a reviewer, which misses crises (see its recall)",
    licence="phrases are ours; trained heads stay with the project, as C-SSRS posts have no licence",
    cost="about 1 s per 1,000 conversations of 7 short turns, beside the shared sentence vectors",
)


@dataclass(frozen=True)
class CrisisTriage:
    """The probability of a crisis, and which conversations no rule has flagged that a reviewer should see."""

    heads: Mapping[str, Head] = field(default_factory=dict)
    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """`crisis_probability`: NaN without a client; `crisis_suspected`: 0 or 1, by the model alone.

        `suicidal_flag`: 0 or 1, whether a rule flagged what the model looks for.
        """
        said = chunk.distinct(chunk.turns.spoken.role == Role.USER.value)
        probability = self._probability(said, len(chunk))
        threshold = self.heads[CONVERSATION].threshold if CONVERSATION in self.heads else 0.5
        flags = chunk.rows["flags"].combine_chunks()
        by_rule = flagged(flags)
        suspected = (np.nan_to_num(probability) >= threshold) & ~by_rule & ~chunk.is_edge_case
        return {
            "crisis_probability": probability,
            "crisis_suspected": suspected.astype(np.float64),
            "suicidal_flag": flagged(flags, SUICIDAL).astype(np.float64),
        }

    def _probability(self, said: Distinct, n: int) -> Floats:
        place, owner = said.place, said.conversation
        found = severities(said.texts)
        if not {TURN, CONVERSATION} <= self.heads.keys():
            gravest = pooled(np.zeros(len(owner)), found[place], owner, n)[:, 1]
            return logistic(_STAND_IN[0] + _STAND_IN[1] * gravest)
        logits = turn_logits(self.heads[TURN], said.texts, said.vectors, found)
        return self.heads[CONVERSATION].of_features(pooled(logits[place], found[place], owner, n))


def turn_logits(
    head: Head, texts: pa.Array, vectors: NDArray[np.float32], found: NDArray[np.uint8]
) -> Floats:
    blocks = {
        Block.FEATURES: features(texts, found),
        Block.VECTOR: vectors.astype(np.float64),
        Block.WORDS: text_blocks.words(texts),
    }
    return head.logit({part.block: part.logit(blocks[part.block]) for part in head.parts})
