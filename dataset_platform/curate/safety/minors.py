"""Sexual content that involves minors: what is blocked, and what a person has to look at.

Blocked is content that sexualises minors: erotic text about one, a wish for such text, trade in
it. A client who tells of abuse, a parent who worries, a teenager who asks about the own body and
clinical talk are not: they name what happened in the words of a report, and carry
`crisis_abuse` where they do. Between the two lies doubt: explicit words near a minor that are
neither the one nor clearly the other raise `sexual_minors_doubt`, which a reviewer resolves.

A rule sees one turn, and in it a window of a few words; it knows English words in their usual
spelling.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.safety.plain import any_of, matches, plain

_AGE = any_of(
    "[1-9] 1[0-7] five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
_MINOR = (
    rf"(?:(?:{_AGE}) ?(?:year|yr)s? ?old|{_AGE} ?yo|"
    + any_of(
        "child children kids? toddlers? infants? minors underage preteens? pre_teens? schoolgirls?"
        " schoolboys?"
        " little_girls? little_boys? young_girls? young_boys? lolis? shotas? lolicon shotacon jailbait"
    )
    + ")"
)
_EROTIC = any_of(
    "sexy horny erotic erotica sensual seductive slutty kinky aroused lewd nsfw porn porno pornographic"
    " hentai"
    " smut nude nudes sexually_explicit sex_scene sex_story sex_with having_sex"
)
_EXPLICIT = any_of("cum cums cumming blowjobs? handjobs? clit orgasm(?:s|ed|ing)?")
_SLANG = any_of(
    "fuck(?:s|ed|ing)?_(?:her|him|me) cock pussy cunt tits boobs moan(?:s|ed|ing)? thrust(?:s|ed|ing)?"
    " penetrat(?:e|es|ed|ing) erect erection nipples naked groin climax(?:es|ed)? aroused"
)
_NEAR = r"(?: \w+){0,8}? "
_HEATED = rf"(?:{_EROTIC}|{_EXPLICIT}|{_SLANG})"
_TRADES = any_of("send share trade sell buy download watch upload post swap links? pics pictures videos")


def _near_minor(words: str) -> tuple[str, str]:
    return rf"{words}{_NEAR}{_MINOR}", rf"{_MINOR}{_NEAR}{words}"


# Sexualising, unless the turn is a report.
SEXUALISES = (
    rf"(?:sexy|horny|seductive|slutty|kinky|sensual|erotic) (?:little |young )?{_MINOR}",
    *_near_minor(_EXPLICIT),
    *_near_minor(rf"{_HEATED}{_NEAR}{_HEATED}"),
    *_near_minor(rf"{_TRADES}{_NEAR}(?:{_EROTIC})"),
    *_near_minor(rf"(?:{_EROTIC}){_NEAR}{_TRADES}"),
    rf"(?:lolis?|shotas?|jailbait|lolicon|shotacon|underage){_NEAR}(?:hentai|porn|nudes?|smut|erotica)",
)
# A wish for erotic text: with heated words near a minor it is blocked whatever else the turn says.
ASKS_FOR_TEXT = (
    r"(?:write|tell|continue|make|create|generate|give|want|do|play|start)(?: me| us)? (?:a|an|another|more"
    r"|some|the) "
    r"(?:\w+ ){0,5}(?:story|stories|scene|fan ?fic\w*|role ?play|fiction|smut|erotica|fantasy)",
    r"role ?play|pretend (?:you|youre|you are|to be) (?:a|my|the)",
)
DOUBTFUL = _near_minor(rf"(?:{_EROTIC}|{_EXPLICIT}|cock|pussy|cunt|tits|fuck(?:s|ed|ing)? (?:her|him|me))")
# Words of someone who tells, worries or treats.
REPORTS = (
    r"abus\w*|molest\w*|rap(?:e|ed|es|ist|ing)|assault\w*|groom(?:ed|ing|er)|incest|traffick\w*|victims?|perpetrators?"
    r"|offenders?|survivors?|disclos\w*|report(?:ed|ing|s)?|police|cps|child protect\w*|investigat\w*"
    r"|arrest\w*|trauma\w*"
    r"|flashbacks?|nightmares?|therap\w*|counsel\w*|psycholog\w*|inappropriate\w*|consent\w*|intrusive|ocd|pocd"
    r"|forced|made me|made (?:him|her)|touched me|without my|against my|told me|caught|found out|worried"
    r"|concerned"
    r"|scared|afraid|ashamed|guilty|hurt|when i was|i was (?:a|an|only|just|about|around|\d+|" + _AGE + r")"
    r"|at (?:the )?age|as a (?:child|kid|little)|im (?:a )?"
    + _AGE
    + r"|i am (?:a )?"
    + _AGE
    + r"|happened to me"
    r"|my (?:\w+ )?(?:son|daughter|child|kids?|children|baby)"
)
_TRIGGER = rf"(?i){_MINOR}"
_SEXUALISES = rf"\b(?:{'|'.join(SEXUALISES)})\b"
_ASKS_FOR_TEXT = rf"\b(?:{'|'.join(ASKS_FOR_TEXT)})\b"
_HEATED_NEAR_MINOR = rf"\b(?:{'|'.join(_near_minor(_HEATED))})\b"
_DOUBTFUL = rf"\b(?:{'|'.join(DOUBTFUL)})\b"
_REPORTS = rf"\b(?:{REPORTS})\b"


def sexual_minors(turns: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Which turns are blocked, and which are in doubt; no turn is both. Null reads as empty."""
    texts = pc.fill_null(turns, "")
    blocked, doubtful = np.zeros(len(texts), bool), np.zeros(len(texts), bool)
    suspects = np.flatnonzero(matches(texts, _TRIGGER))
    if len(suspects):
        said = plain(texts.take(pa.array(suspects)))
        asks = matches(said, _ASKS_FOR_TEXT) & matches(said, _HEATED_NEAR_MINOR)
        blocked[suspects] = asks | (matches(said, _SEXUALISES) & ~matches(said, _REPORTS))
        doubtful[suspects] = matches(said, _DOUBTFUL)
    return blocked, doubtful & ~blocked
