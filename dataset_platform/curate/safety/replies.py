"""What the replies to a crisis do: acknowledge it, assess the danger, point to help."""

import numpy as np
import pyarrow as pa

from dataset_platform.curate.columns import Turns
from dataset_platform.curate.safety.flags import Response
from dataset_platform.curate.safety.plain import any_of, matches, plain
from dataset_platform.schemas import Role

_HELPERS = any_of(
    "therapists? counsell?ors? psychologists? psychiatrists? doctors? physicians? clinicians?"
    " mental_health_professionals? professionals? midwife obgyn ob_gyn primary_care social_workers?"
)
SHOWS: dict[Response, tuple[str, ...]] = {
    Response.ACKNOWLEDGES: (
        r"im (?:\w+ ){0,2}(?:sorry|glad you|grateful|concerned|worried about you)",
        r"i am (?:\w+ ){0,2}(?:sorry|glad you|concerned|worried about you)|sorry (?:to hear|that youre|you"
        r" are|youre)",
        r"(?:thank you|thanks) for (?:\w+ )?(?:sharing|telling|trusting|reaching|being honest|opening"
        r"|saying|writing)",
        r"(?:that|this|it|what youre (?:\w+ )+) sounds? (?:\w+ ){0,3}(?:hard|painful|difficult|scary"
        r"|frightening"
        r"|exhausting|overwhelming|heavy|terrifying|awful|lonely)",
        r"i (?:hear|can hear|can see|see|understand|can understand|can imagine|can only imagine|believe) "
        r"(?:you|how|that|what)",
        r"(?:takes|took) (?:\w+ ){0,3}courage|youre not alone|you are not alone|makes sense that",
    ),
    Response.ASSESSES: (
        r"are you (?:\w+ ){0,2}(?:safe|thinking (?:about|of)|having thoughts|planning|in (?:\w+ )?danger"
        r"|alone|able to"
        r"|suicidal|hurt|hearing)",
        r"(?:do|did) you (?:\w+ ){0,2}(?:have|feel) (?:\w+ ){0,3}(?:plan|access|thoughts|means|safe|intent"
        r"|urges?)",
        r"have you (?:\w+ ){0,3}(?:thought|thoughts|tried|attempted|plan|hurt|harmed|felt like|told)",
        r"is (?:there )?(?:anyone|someone|somebody) (?:\w+ ){0,2}(?:with you|nearby|near you|at home|you"
        r" can|there)",
        r"how (?:long|often|strong|intense) (?:have|are|do) (?:you|the|these|those)",
    ),
    Response.POINTS_TO_HELP: (
        r"988|911|999|112|116 123|samaritans|crisis (?:\w+ )?(?:line|hotline|lifeline|text line|cent(?:er"
        r"|re)|team)",
        r"(?:suicide|national|domestic violence|abuse|rainn|eating disorders?) (?:\w+ ){0,3}(?:hotline"
        r"|helpline|lifeline)",
        r"emergency (?:room|services|department|number)|nearest (?:er|hospital|emergency)|poison control",
        rf"(?:see|seeing|find|finding|talk to|talking to|talking with|speak with|speak to|speaking with"
        rf"|reach out to"
        rf"|contact|call|consult|meet with|work with|working with|help of|help from|recommend) "
        rf"(?:\w+ ){{0,5}}{_HELPERS}",
        r"seek(?:ing)? (?:\w+ ){0,3}(?:help|support|counsell?ing|therapy|treatment|care|attention)",
        r"(?:make|made|create|write) (?:\w+ ){0,2}safety plan",
    ),
}
# A reply that says any of this resolves nothing, whatever else it says.
UNDOES = (
    r"(?:go ahead and|you should|just|why dont you) (?:kill yourself|end it|do it|jump|hurt yourself|cut)",
    r"(?:nobody|no one) (?:would|will) miss you|better off without you|(?:dont|do not|never) tell anyone",
    r"(?:dont|do not) (?:call|contact|see|tell|need|go to) (?:\w+ ){0,2}"
    r"(?:therapist|doctor|help|police|hospital|hotline|anyone)",
    r"(?:get over it|stop being dramatic|attention seeking|(?:youre|you are) (?:just )?(?:overreacting"
    r"|weak))",
)
_UNDOES = rf"\b(?:{'|'.join(UNDOES)})\b"
_PATTERNS = {response: rf"\b(?:{'|'.join(SHOWS[response])})\b" for response in Response}


def responses(turns: Turns, is_crisis: np.ndarray) -> pa.Array:
    """What the replies right after the crisis turns of each conversation do, as a list of `Response`.

    Empty where there is no crisis, where the last one is left without a reply, or where a reply makes
    light of it. `is_crisis` has one value a turn.
    """
    replied, left_alone = _replies(turns, is_crisis)
    texts = plain(turns.contents.take(pa.array(replied)))
    rows = turns.rows[replied]
    spoiled = np.zeros(turns.n_rows, bool)
    spoiled[rows[matches(texts, _UNDOES)]] = True
    spoiled[left_alone] = True
    shown = np.zeros((turns.n_rows, len(Response)), bool)
    for place, pattern in enumerate(_PATTERNS.values()):
        shown[rows[matches(texts, pattern)], place] = True
    return names_of(shown & ~spoiled[:, None], tuple(Response))


def _replies(turns: Turns, is_crisis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the replies right after a crisis turn, and the conversations that end in one."""
    places = np.flatnonzero(is_crisis)
    after = np.minimum(places + 1, len(turns.rows) - 1)
    speaks = np.asarray(turns.roles.to_numpy(zero_copy_only=False) == Role.ASSISTANT.value, bool)
    answered = (after > places) & (turns.rows[after] == turns.rows[places]) & speaks[after]
    return after[answered], turns.rows[places[~answered]]


def names_of(shown: np.ndarray, names: tuple[str, ...]) -> pa.Array:
    """A list of names for each row: those whose column is true, in their order."""
    rows, columns = np.nonzero(shown)
    offsets = np.searchsorted(rows, np.arange(len(shown) + 1))
    values = pa.array(np.array([str(name) for name in names])[columns].tolist(), pa.large_string())
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), values)
