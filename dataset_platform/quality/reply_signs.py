"""Signs in a reply that heads of empathy and of counselling behaviour read: our phrases, RE2, case ignored.

The phrases were written with EPITOME's responses in view, so what is measured there is optimistic.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.heads import Floats
from dataset_platform.quality.text_blocks import count

_ASKS = r"(?:do|did|does|are|is|was|were|have|has|can|could|would|will)"
SIGNS: dict[str, str] = {
    "sorry": r"\bsorry\b",
    "sorry for you": r"\bsorry (?:to hear|that|you|for|about|this)",
    "hope": r"\b(?:i (?:really )?hope|hope (?:you|things|it|that|everything|your))",
    "affection": r"\b(?:hugs?|love you|sending|xx|virtual|prayers?|pray)\b|<3|[❤♥💕🤗]",
    "good wishes": r"\b(?:wish (?:you|i could)|best wishes|good luck|best of luck|take care|stay strong|"
    r"stay safe|hang in there)\b",
    "feels for you": r"\b(?:feel for you|heart (?:goes|breaks|hurts|aches)|breaks my heart|"
    r"makes me (?:so )?(?:sad|happy)|(?:so |really |very )?(?:happy|glad|proud|sad|worried) (?:for|of|"
    r"that|to|"
    r"you)|care about you)",
    "names the pain": r"\b(?:sucks|awful|terrible|horrible|shitty|rough|tough|painful|hurts?|heartbreaking|"
    r"sad|fucking)\b",
    "that is": r"\bthat(?:['’]?s| is| must| sounds)",  # noqa: RUF001
    "praise": r"\b(?:congrat\w*|proud|awesome|amazing|great|wonderful|beautiful|strong|brave|good job)\b",
    "here for you": r"\b(?:here for you|here if you|(?:pm|dm|message) me|talk to me|"
    r"you can talk|i['’]?m here|"  # noqa: RUF001
    r"always here|not alone|aren['’]?t alone)\b",  # noqa: RUF001
    "question": r"\?",
    "ends in a question": r"\?\s*$",
    "open question": r"\b(?:what|how|why|when|where|who|which)\b[^.!?]*\?",
    "question about you": rf"\b{_ASKS} (?:you|your|it|there|they|he|she|that|this|anyone|the)\b[^.!?]*\?",
    "you in a question": r"\byou[^.!?]*\?",
    "invites to talk": r"\b(?:wanna|want to|would you like to|care to|feel like) (?:talk|share|chat|vent|"
    r"elaborate|tell)",
    "asks what is wrong": r"\b(?:anything|something) (?:happen|wrong|specific|particular|you)|"
    r"what['’]?s (?:up|wrong|going|on|happening|bothering)|tell me|elaborate|talk about it",  # noqa: RUF001
    "understands": r"\bi (?:totally |completely |really |can |do |fully |kinda |kind of "
    r")*(?:understand|get it|"
    r"get you|get that|know (?:how|what|that|the|exactly)|relate|see|feel (?:you|your|ya|this|that|the same|"
    r"like|exactly)|hear)|relatable|relate|understandable|makes sense|been there",
    "the same": r"\b(?:same|me too|me either|me neither|you and me both|similar|exactly|likewise)\b"
    r"|\btoo[.!]?$",
    "i": r"\bi\b",
    "my": r"\b(?:my|me|myself|mine)\b",
    "tells of oneself": r"\b(?:i['’]?ve|i have|i had|i was|i used to|i went|i did|i "  # noqa: RUF001
    r"felt|i got|i am|i['’]?m)\b",  # noqa: RUF001
    "you": r"\byou(?:['’]?re|r|rs|['’]?ve)?\b",  # noqa: RUF001
    "supposes": r"\b(?:you must|you seem|you sound|sounds like|seems like|it seems|it sounds|you feel|"
    r"you['’]?re feeling|must be|must have|i imagine|can['’]?t imagine|i guess you)\b",  # noqa: RUF001
    "own story": r"\b(?:when i|i also|in my|for me|years? ago|my (?:mom|dad|family|ex|friend|life|depression|"
    r"anxiety))\b",
    "always": r"\b(?:every ?time|every ?day|always|constantly)\b",
    "advises": r"\b(?:should|try|need to|have to|could|can|if you|don['’]?t|just|maybe)\b",  # noqa: RUF001
    "thanks": r"\b(?:thanks?|thank)\b",
    "links": r"https?:|/r/|\[",
    "exclaims": r"!",
    "the post": r"\b(?:this|your post|reading)\b",
    "we": r"\b(?:we|us|our)\b",
    "begins a summary": r"^\W*(?:so|and so|okay,? so|it sounds|sounds like|so you)\b",
    "you are": r"\byou(?:['’]re| are|['’]ve| have| feel| felt| want| know| think| don['’]t)\b",  # noqa: RUF001
    "begins openly": r"^\W*(?:so |and |well |okay |ok |um |right )*(?:what|how|tell me|why)\b",
    "begins closed": rf"^\W*(?:so |and |well |okay |ok |um |right )*{_ASKS}\b",
}
_BEGINNING = 60
_MOST = 3.0
NAMES = (
    *SIGNS,
    "log of 1 + words",
    *(f"{name}, for its length" for name in SIGNS),
    *(f"{name}, at the beginning" for name in SIGNS),
)


def counted(texts: pa.Array) -> Floats:
    """How often each text shows each sign; shape (n, number of signs)."""
    return np.column_stack([count(texts, pattern) for pattern in SIGNS.values()])


def features(texts: pa.Array) -> Floats:
    """The features of heads, in the order of `NAMES`; counts are cut off at 3, for length at 5."""
    counts = counted(texts)
    words = np.log1p(count(texts, r"\S+"))
    beginning = pc.utf8_slice_codeunits(texts, 0, _BEGINNING)
    return np.column_stack(
        [
            np.minimum(counts, _MOST),
            words,
            np.minimum(counts, 5) / np.log(np.exp(words) + _MOST)[:, None],
            counted(beginning) > 0,
        ]
    )
