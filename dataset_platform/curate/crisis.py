"""Lexical triage of crisis content: which conversations a person should look at first.

`LEXICON` is the documented list, our own writing: for each flag, the phrases that raise it, as
RE2 patterns between word boundaries, without regard to case. Phrases that deny or mean other
things (`NOT_MEANT`) are cut out before the lexicon is read, so "I'm not suicidal" raises
nothing. A lexicon finds words, not intent: its measured accuracy belongs beside every use.
"""

from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class Flag(StrEnum):
    """What a conversation may be about. A flag never removes a row by itself."""

    ABUSE = "crisis_abuse"
    HARM_TO_OTHERS = "crisis_harm_to_others"
    OVERDOSE = "crisis_overdose"
    PSYCHOSIS = "crisis_psychosis"
    SELF_HARM = "crisis_self_harm"
    SUICIDE = "crisis_suicide"


FLAGS = tuple(sorted(flag.value for flag in Flag))


def _any_of(words: str) -> str:
    """A pattern for any of these words; `_` stands for a space within one."""
    return f"(?:{'|'.join(words.split()).replace('_', ' ')})"


_NT = r"n['’]?t"  # noqa: RUF001
_SELF = _any_of("myself my_self my_arms? my_wrists? my_legs? my_thighs? my_skin my_body")
_WANT = _any_of(
    "want(?:ed|s)? wanna wish(?:ed|ing)? going gonna plan(?:ned|ning)? try tried trying ready decided need"
    " think(?:ing)?_(?:about|of) thoughts?_(?:about|of) urges? fe(?:el|lt)_like consider(?:ed|ing)?"
)
_KIN = _any_of(
    "husband wife partner boyfriend girlfriend ex father dad stepfather stepdad mother mom mum stepmother"
    " parents? brother sister uncle boss teacher coach roommate neighbou?r coworker"
)
_SOMEONE = (
    rf"(?:him|her|them|someone|somebody|everyone|people|my (?:\w+ )?(?:kids?|children|baby|family|{_KIN}))"
)
_ABUSER = rf"(?:he|she|they|who|my (?:\w+ )?{_KIN})"
_HITS = _any_of(
    "hits? beats? chok(?:es|ed) strangl(?:es|ed) punch(?:es|ed) slap(?:s|ped) kick(?:s|ed) rap(?:es|ed)"
    " molest(?:s|ed) abus(?:es|ed) assault(?:s|ed) grop(?:es|ed) threaten(?:s|ed)"
)
_SUFFERED = _any_of(
    "raped molested abused (?:sexually|physically|emotionally)_abused sexually_assaulted beaten groomed"
    " trafficked"
)
_TOO_MANY = _any_of("too_many a_bunch_of a_handful_of all the_whole_bottle_of a_bottle_of a_lot_of")
_PILLS = _any_of("pills? tablets meds medication tylenol paracetamol xanax opioids? heroin fentanyl")
_WATCHER = _any_of("cia fbi government police neighbou?rs? tv radio they")
_WATCHES = _any_of("watching spying_on following tracking poisoning controlling sending")

LEXICON: dict[Flag, tuple[str, ...]] = {
    Flag.ABUSE: (
        rf"{_ABUSER} (?:(?:has|have|had|always|often|still|would|just|sexually|physically) ){{0,3}}"
        rf"{_HITS} (?:me|us|my|on me)",
        rf"(?:was|were|am|been|being|got|getting) (?:\w+ )?{_SUFFERED}",
        r"(?:domestic|sexual|physical|child|emotional) (?:violence|abuse|assault)",
        rf"abusive (?:relationship|marriage|home|{_KIN})",
        rf"(?:afraid|scared|terrified) (?:of|that) {_ABUSER} (?:will|might|is going to) (?:hurt|kill|hit)",
        r"touche[sd] me (?:there|inappropriately|sexually|when i was)",
    ),
    Flag.HARM_TO_OTHERS: (
        rf"{_WANT} (?:to )?(?:kill|murder|hurt|shoot|stab|strangle|attack|harm) {_SOMEONE}",
        rf"i(?: will|['’]ll| am going to|['’]m going to| might| could)"  # noqa: RUF001
        rf" (?:kill|murder|shoot|stab|strangle) {_SOMEONE}",
        r"homicid(?:e|al)",
        r"shoot up (?:the|my|a) (?:school|office|place|work)",
    ),
    Flag.OVERDOSE: (
        r"overdos\w+",
        r"od['’]d|od['’]?(?:ed|ing)",  # noqa: RUF001  the apostrophe tells "od'd" from "odd"
        rf"(?:took|taken|take|taking|swallow(?:ed|ing)?) (?:\w+ ){{0,2}}{_TOO_MANY} (?:\w+ ){{0,2}}{_PILLS}",
        r"(?:took|swallow(?:ed)?) (?:the )?(?:whole|entire) bottle",
    ),
    Flag.PSYCHOSIS: (
        r"(?:hear|hearing|heard) (?:\w+ ){0,2}voices",
        r"voices? (?:\w+ ){0,2}(?:tell|telling|tells|told|command|commanding|say|saying) me",
        r"hallucinat\w+",
        rf"(?:seeing|see) (?:things|people|shadows) (?:that|who) (?:are{_NT}|are not|others|nobody|no one)",
        rf"{_WATCHER} (?:is|are|keeps?) (?:\w+ )?{_WATCHES} (?:me|messages|my)",
        r"(?:thoughts|chip) (?:\w+ ){0,3}(?:implanted|inserted|broadcast\w*)",
        r"implanted (?:\w+ ){0,2}(?:chip|thoughts)",
        r"psychotic|psychosis|delusions?",
    ),
    Flag.SELF_HARM: (
        r"self[- ]?(?:harm|injur|mutilat)\w*",
        rf"(?:cut|burn|hurt|harm|scratch|hit|punish|starv)(?:e|ed|ing|ting|ting)? {_SELF}",
        r"(?:fresh|new|more) cuts on my",
        r"urges? to (?:cut|burn|self)",
    ),
    Flag.SUICIDE: (
        r"suicid(?:e|al|ality)",
        r"kill(?:ed|ing)? my ?self",
        r"(?:end(?:ing)?|take|taking|took) my (?:own )?life",
        r"end(?:ing)? it all",
        rf"{_WANT} (?:to )?(?:just )?"
        rf"(?:die|be dead|not exist|stop existing|disappear forever|never wake up)",
        rf"(?:wish|hope|pray) (?:that )?i (?:was|were|would|could|had)(?:{_NT}| not| never)?"
        rf" (?:just )?(?:dead|die|died|wake up|been born)",
        r"better off (?:dead|without me)",
        r"(?:no|any) (?:reason|point) (?:to|in) (?:live|living|go on|going on|be alive|being alive)",
        rf"(?:do|did)(?:{_NT}| not) (?:want|wanna|deserve) (?:to )?(?:live|be alive|be here|exist|wake up)",
        r"(?:hang|hanging|hung|shoot|shooting|drown|drowning) myself",
        r"(?:slit|slitting|cut) my (?:wrists?|throat)",
        r"jump(?:ing|ed)? (?:off|from|in front of) (?:a|the) (?:bridge|building|roof|balcony|train|car)",
        r"(?:goodbye|suicide) (?:note|letter)",
        r"(?:can['’]?t|cannot) (?:go|keep) (?:on|going) (?:living|like this|any ?more)",  # noqa: RUF001
        r"ctb|unalive",
    ),
}

_DENIED = rf"(?:not|never|no|without|deny|denies|denied|(?:is|was|are|have|has|do|did){_NT}) (?:\w+ ){{0,3}}?"
_DENIABLE = (
    r"suicid(?:e|al|ality)|homicid(?:e|al)|psychotic|psychosis|delusions?|hallucinat\w+|self[- ]?harm\w*",
    rf"(?:kill|hurt|harm|cut)(?:ing|ting)? (?:{_SELF}|{_SOMEONE})",
    r"(?:want(?:ed)?|wanna|wish|thought (?:about|of)|trying|going) (?:to )?(?:die|be dead|dying)",
    r"end(?:ing)? (?:my life|it all)",
    r"hear(?:d|ing)? (?:\w+ )?voices",
    r"abused|raped|molested|assaulted|beaten",
)
NOT_MEANT = (
    *(f"{_DENIED}(?:{phrase})" for phrase in _DENIABLE),
    r"suicide (?:squad|prevention|hotlines?|lifeline|awareness|watch)",
)

_NOT_MEANT = rf"(?i)\b(?:{'|'.join(NOT_MEANT)})\b"


def crisis_flags(texts: pa.Array) -> pa.Array:
    """The flags that each text raises: some of `FLAGS`, sorted, empty where none. Null reads as empty.

    `texts` holds one string a conversation: what its clients say.
    """
    meant = pc.replace_substring_regex(pc.fill_null(texts, ""), _NOT_MEANT, " ")
    raised = np.stack([_raises(meant, Flag(flag)) for flag in FLAGS], axis=1)
    rows, flags = np.nonzero(raised)
    offsets = np.searchsorted(rows, np.arange(len(texts) + 1))
    names = pa.array(np.array(FLAGS)[flags].tolist(), pa.large_string())
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), names)


def _raises(texts: pa.Array, flag: Flag) -> np.ndarray:
    pattern = rf"(?i)\b(?:{'|'.join(LEXICON[flag])})\b"
    return pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
