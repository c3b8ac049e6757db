"""What a clause has to be read with before it counts as a sign: denials, others, long ago."""

from dataset_platform.curate.safety.crisis_words import (
    KIN,
    LOVED,
    SELF,
    SOMEONE,
    SUFFERED,
    TAKE_LIFE,
)
from dataset_platform.curate.safety.plain import any_of

_OTHERS = any_of(
    "you your youre youve youd u he hes she shes they theyre theyd we people someone somebody anyone everyone"
    " everybody nobody who friends others"
)
_NOT = any_of(
    "not never no without deny denies denied isnt wasnt arent havent hasnt dont doesnt didnt aint"
    " nor stopped quit"
)
_BETWEEN = r"(?: [a-hj-ln-z0-9]\w*){0,5}?"  # words that are none of I, me, my
_OF_OTHERS = any_of(
    "suicid\\w+ die be_dead kill_themsel\\w+ end_it_all self_harm\\w* overdos\\w+ hallucinat\\w+ psychotic"
    " psychosis delusion\\w*"
)
_DENIABLE = (
    r"suicid(?:e|al|ality)|homicidal|psychotic|psychosis|delusions?|delusional|hallucinat\w+|self harm\w*",
    rf"(?:kill|hurt|harm|cut)(?:ing|ting)? (?:{SELF}|{SOMEONE})",
    rf"{TAKE_LIFE}",
    r"(?:want(?:ed)?|wanna|wish|thought (?:about|of)|trying|going) (?:to )?(?:die|be dead|dying)",
    r"hear(?:d|ing)? (?:\w+ )?voices|overdos\w+",
    r"abused|raped|molested|assaulted|beaten|abusive",
)
# What is taken out of a clause before signs are looked for.
NOT_MEANT = (
    *(rf"{_NOT} (?:\w+ ){{0,3}}?(?:{phrase})" for phrase in _DENIABLE),
    rf"(?:wont|will not|wouldnt|would not|cant|cannot) (?:ever |actually |really )?(?:{TAKE_LIFE}|(?:hurt"
    rf"|harm) myself)",
    rf"{_OTHERS}{_BETWEEN} (?:{_OF_OTHERS}|{SUFFERED})",
    r"suicidal (?:people|person|persons|friends?|girl|boy|man|woman|someone|threats?|patients?|clients?)",
    r"(?:a|the|of|about|against|oppose|view|idea|option|solution) (?:\w+ )?suicides?(?: \w+)* (?:you|your"
    r"|people|others)",
    r"suicide (?:squad|prevention|hotlines?|lifeline|awareness|watch|is|isnt|bombers?|doors?|support"
    r"|survivors?)",
    r"(?:lost|lose|losing|loss of) (?:\w+ ){1,5}to suicide|(?:died|dies) (?:by|from|of) (?:suicide|an"
    r" overdose)",
    rf"(?:{KIN}|{LOVED}|friend|he|she|her|him|they|who)(?: just| has| have)? "
    r"(?:committ?ed|committing|succeeded in committing) suicide(?: \w+)*",
    r"(?:everyone|all|we) (?:\w+ )?(?:going to|gonna|will) die|going to die (?:anyway|regardless|someday"
    r"|eventually)",
    r"kill(?:ed|ing)? (?:myself|me) (?:laughing|all day)|die of (?:laughter|laughing|embarrassment|boredom)",
)
# A clause that speaks of long ago: what it tells is one step less grave, so a wish to be dead is none.
LONG_AGO = (
    r"(?:years?|decades?) ago|when i was (?:a |an |in |\d|young|little|about|around|just|only)|used to"
    r"|back (?:then|in)|in the past|as a (?:kid|child|teen\w*|boy|girl)|(?:in|during|throughout) (?:my"
    r" )?(?:high "
    r"school|middle school|college|childhood|adolescence|teens|youth|early)|since then|growing up"
)
# Words of which one must occur before anything else is looked at.
TRIGGER = (
    "suicid|goodbye|kill|die\\b|dead|my (?:own )?life|worth living|of (?:living|life)|alive|exist|wake up"
    "|born|end it|myself|hang|hung|jump|shoot|shot|stab|strangl|murder|homicid|cut|burn|harm|hurt"
    "|overdos|\\bod|pills|bottle|abus|rape|molest|assault|beat|hit|chok|slap|kick|punch|grop|threat|violen|touch|afraid|scared|terrified"
    "|voice|hallucin|psycho|delusion|schizo|watching|spying|following|tracking|poison|controlling|sending"
    "|implant|inserted|broadcast|things that|shadows|eat|starv|faint|pass(?:ed|ing) out|vomit|throw|purg"
    "|laxativ"
    "|anorex|bulim|unaliv|\\bctb|be here|without me|go on|keep going|live|gun|knife|rope|noose|blade|mixed"
    "|mixing|dose"
    "|to die|dying|sleep|future|all to end|drown|slit|trafficked|groomed|medication|tablets|\\bmeds|see"
    " people"
)
