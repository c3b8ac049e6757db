"""Therapeutic appropriateness: behaviour consistent with motivational interviewing (MI).

The classes of behaviour follow the usual division of MI coding manuals into consistent
and inconsistent behaviour. Phrases and weights are our own and set by hand: nothing
is fitted to labelled data, whose licences would not allow packaging the result.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.statistics import Floats
from dataset_platform.quality.validator import Card, Findings
from dataset_platform.schemas import Role


@dataclass(frozen=True)
class Behaviour:
    """A class of therapist behaviour: its phrases (RE2, case ignored), and its weight in the score."""

    name: str
    weight: float
    pattern: str


_START = r"(?:^|[.!?…]\s+|\n)\s*(?:(?:so|and|but|okay|ok|well|right|yeah|yes|um|hmm|mm-hmm|now)[,.]?\s+)*"

CONSISTENT = (
    Behaviour(
        "reflection",
        1.0,
        r"\b(?:(?:it|that) (?:sounds|seems|feels|looks) (?:like|as)|sounds like|seems like|"
        r"(?:i hear|i'm hearing|what i hear)|you(?:'re| are) (?:saying|feeling|wondering|noticing|worried|"
        r"concerned|thinking|hoping|looking)|you (?:feel|felt|wish|hope|want|notice|care|value|wonder|"
        r"worry)\b|"
        r"in other words|on (?:the )?one hand|part of you|"
        r"(?:must|can) (?:be|feel|have been) (?:so |really |very |incredibly )?"
        r"(?:hard|tough|difficult|painful|exhausting|frightening|frustrating|lonely))|"
        + _START
        + r"(?:so )(?:you|it|that|this|there)(?:'|\b)",
    ),
    Behaviour(
        "open question",
        1.0,
        _START + r"(?:what|how|tell me|(?:can|could|would) you (?:tell|say|share|describe|help me)|"
        r"i wonder (?:what|how)|i'm (?:wondering|curious) (?:what|how|about)|help me understand|"
        r"in what (?:way|ways)|walk me through|where (?:does|do|would) that leave)\b",
    ),
    Behaviour(
        "affirmation",
        1.0,
        r"\b(?:(?:thank you|thanks) for (?:sharing|telling|being|trusting|coming|opening|reaching)|"
        r"(?:i|i really) (?:appreciate|admire)|(?:glad|proud) (?:that )?you|good for you|well done|"
        r"that(?:'s| is| was) (?:really |very |so )?(?:great|wonderful|fantastic|excellent|impressive|brave|"
        r"terrific|awesome|a (?:big|great|good|real|huge) (?:step|start|deal|accomplishment))|"
        r"(?:takes|took|shows|showed) (?:a lot of |real |great |such )?(?:courage|strength|effort|insight|"
        r"care)|"
        r"you(?:'ve| have) (?:already |really |clearly )?(?:worked|tried|shown|managed|come|put|thought|"
        r"taken))\b",
    ),
    Behaviour(
        "autonomy and permission",
        1.5,
        r"\b(?:up to you|your (?:choice|decision|own pace|call)|(?:is it|would it be|if it(?:'s| is)) "
        r"(?:ok|okay|all right|alright)|do you mind if|may i\b|if you(?:'d| would) like|"
        r"if that(?:'s| is) (?:ok|okay|all right|alright)|you(?:'re| are) the (?:one|expert)|"
        r"only you (?:can|know)|whatever you decide|in control of)\b",
    ),
    Behaviour(
        "validation",
        0.5,
        r"\b(?:understandable|makes (?:a lot of |perfect |complete )?sense|"
        r"that(?:'s| is) (?:really |very |so )?(?:hard|tough|difficult|a lot)|not alone|"
        r"i(?:'m| am) (?:so |really |very )?sorry (?:to hear|that|you)|it(?:'s| is) (?:ok|okay|normal|"
        r"natural) to|"
        r"i (?:can )?(?:see|understand) (?:how|why|that))\b",
    ),
)

INCONSISTENT = (
    Behaviour(
        "confrontation",
        3.0,
        r"\b(?:you(?:'re| are) (?:wrong|in denial|lying|making excuses|being (?:ridiculous|selfish|lazy|"
        r"difficult|dramatic|irresponsible|stubborn))|(?:that(?:'s| is)|just) (?:an excuse|ridiculous|"
        r"nonsense|silly)|"
        r"no excuse|excuses|snap out of|get over it|grow up|what(?:'s| is) wrong with you|"
        r"what were you thinking|(?:ashamed|disappointed) of you|you should be ashamed|"
        r"you (?:just )?don(?:'t|ot) (?:care|get it|seem to (?:care|understand|realize))|"
        r"do(?:n't| not) you (?:care|realize|understand|see|think|know)|"
        r"why (?:did|do|would|can|have|ca|wo|are)(?:n't| not) you|your fault|you obviously|"
        r"i don't believe you)\b",
    ),
    Behaviour(
        "unasked advice",
        1.0,
        r"\b(?:you (?:really |just |definitely |probably )?(?:should|need to|have to|must|ought to|"
        r"(?:have )?got to|"
        r"gotta|had better|shouldn't|can't (?:keep|just|go on|be))|you(?:'ve| have) (?:really |just )?got to|"
        r"you(?:'d| had) better|if i were you|(?:i|i'd|i would|i'm going to|i strongly) "
        r"(?:suggest|recommend|advise)|i (?:want|need) you to|make sure (?:you|that you)|"
        r"(?:the )?best thing (?:for you|to do|you can)|what you (?:need|should|have) (?:to )?do|"
        r"why don't you (?:just|try)|my advice)\b",
    ),
    Behaviour(
        "warning",
        1.5,
        r"\b(?:you(?:'re| are) (?:going to|gonna) (?:die|end up|get|regret|lose|have)|you (?:could|will|"
        r"might) "
        r"(?:die|lose|end up)|if you (?:don't|do not|keep|continue)|(?:going to|gonna) (?:kill|ruin|"
        r"hurt) you|"
        r"(?:bad|terrible|dangerous|harmful) for you|serious (?:consequences|problems|trouble))\b",
    ),
    Behaviour(
        "minimising",
        2.0,
        r"\b(?:it could be worse|(?:other people|others) have it worse|just (?:relax|calm down|cheer up|"
        r"be happy|"
        r"think positive|stop|quit|move on)|not (?:that|such) (?:big|bad|serious)|not a big deal|"
        r"you(?:'ll| will) be fine|everyone (?:feels|goes through|gets)|look on the bright side)\b",
    ),
)
BEHAVIOURS = CONSISTENT + INCONSISTENT


def shown(texts: pa.Array, behaviour: Behaviour) -> Floats:
    """1 for each text that shows the behaviour at least once, else 0."""
    found = pc.match_substring_regex(texts, behaviour.pattern, ignore_case=True)
    return found.to_numpy(zero_copy_only=False).astype(np.float64)


CARD = Card(
    name="therapeutic_appropriateness",
    version="1",
    measures="MI-consistent behaviour (reflections, open questions, affirmations, autonomy, validation) "
    "against inconsistent (confrontation, unasked advice, warning, minimising); edge cases are excluded",
    scale="0 to 1 a conversation: (1 + C) / (2 + C + I), where C and I sum the weights of consistent and "
    "inconsistent behaviours, each counted once a turn; the gate is the mean over conversations",
    licence="rules and weights are ours, set by hand",
    cost="under 0.1 s per 1,000 conversations of 7 short turns",
)


@dataclass(frozen=True)
class Appropriateness:
    """Share of MI-consistent behaviour among all behaviour that the rules recognise."""

    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """`appropriateness`: NaN for edge cases and where no behaviour was recognised."""
        therapist = chunk.turns.where(chunk.turns.role == Role.ASSISTANT.value)
        totals = {
            behaviour.name: chunk.per_conversation(shown(therapist.text, behaviour), therapist.conversation)
            for behaviour in BEHAVIOURS
        }
        consistent, inconsistent = (
            sum((b.weight * totals[b.name] for b in side), start=np.zeros(len(chunk)))
            for side in (CONSISTENT, INCONSISTENT)
        )
        score = (1 + consistent) / (2 + consistent + inconsistent)
        unseen = (consistent + inconsistent == 0) | chunk.is_edge_case
        return {"appropriateness": np.where(unseen, np.nan, score)} | totals
