"""Structured private data: kinds that have a shape, a checksum or words that announce them.

A pattern first asks a cheap vectorised question of the whole column (`hint`, RE2); only the
strings that answer yes meet its `regex`, and only matches that `accepts` confirms are masked.
Where a regex has the group `value`, that part alone is masked.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from dataset_platform.curate.configuration import PrivateKind
from dataset_platform.curate.identifiers import (
    is_ip_address,
    is_named_clinic,
    is_personal_phone,
    is_postal_code,
    is_street_address,
    passes_luhn,
    passes_mod_11,
    passes_mod_97,
    passes_routing_check,
)

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH},? \d{{4}})"
)
_WORD = r"[^\W\d_][\w'’.-]*"  # noqa: RUF001
_STREET = (
    r"(?:street|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|square|sq|terrace|ter"
    r"|parkway|pkwy|highway|hwy|crescent|close|way|circle|cir|trail|turnpike|row|mews|str|st)"
)
_UNIT = r"(?:apt|apartment|suite|ste|unit|flat|room|rm|floor)\b\.?\s*#?\s*(?:\d+\w?|(?-i:[A-Z]))\b"
# What follows a street: towns, regions and countries up to a postal code.
_TO_POSTCODE = (
    rf"(?:[\s,]+(?:{_WORD}|[A-Z]{{2,3}})){{0,6}}[\s,]+(?:\d{{4,6}}(?:-\d{{3,4}})?|\d{{3}} ?\d{{2}})\b"
)
# Continental streets end in the word for street, and the number follows.
_JOINED_STREET = (
    r"[^\W\d_]+(?:stra(?:ss|ß)e|str\.|gasse|weg|platz|laan|straat|kade|gracht|gatan|gata|vägen|vegen|vej"
    r"|gade|katu|tie|gate|stræde)"
)
_STREET_FIRST = r"(?:rue|avenue|boulevard|via|viale|piazza|calle|avenida|rua|plaza|ulica|ul\.)"

_SOCIAL_HOST = (
    r"(?:facebook|fb|instagram|twitter|x|linkedin|tiktok|snapchat|youtube|pinterest|github|twitch|threads)\.com"
    r"|t\.me|wa\.me"
)
_PATH = r"[^\s<>\"')\]]*[^\s<>\"')\].,!?;:]"


@dataclass(frozen=True)
class Pattern:
    """One shape of one kind of private data."""

    kind: PrivateKind
    hint: str
    regex: re.Pattern[str]
    accepts: Callable[[str], bool] = lambda _: True

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the text holds it, as [start, end) in characters."""
        group = "value" if "value" in self.regex.groupindex else 0
        return [match.span(group) for match in self.regex.finditer(text) if self.accepts(match[group])]


def _pattern(
    kind: PrivateKind, hint: str, regex: str, accepts: Callable[[str], bool] = lambda _: True
) -> Pattern:
    return Pattern(kind, f"(?i){hint}", re.compile(regex, re.IGNORECASE), accepts)


# From the word that announces a number to the number.
_TO_NUMBER = r"(?: (?:id|no|num|number|card|#)){0,4}\.?(?:\s*(?:is|was|[:#=]|no\.?|number)){0,6}\s*#?"
_NUMBER = r"(?P<value>(?=[a-z-]*\d)[a-z\d]*(?:-[a-z\d]+)*\d[a-z\d-]{3,}|(?=\w*\d{4})[a-z]{1,3}\d+)(?!\w)"
# What a clinic is called behind its own name.
_CLINIC = (
    r"(?:Clinic|Hospital|Infirmary|Counsel+ing(?: Cent(?:er|re)| Services| Associates| Group)?"
    r"|Psycholog(?:y|ical) (?:Services|Associates|Group|Cent(?:er|re))|Psychiatr(?:y|ic) \w+"
    r"|Therapy (?:Cent(?:er|re)|Group|Associates|Clinic|Practice|Services|Collective)"
    r"|(?:Wellness|Health|Medical|Treatment|Recovery|Rehab(?:ilitation)?|Behaviou?ral Health)"
    r" (?:Cent(?:er|re)|Clinic|Group|System|Associates))"
)
_DIGITS = r"\d{3}|\d\D{0,3}\d\D{0,3}\d"
# Earlier patterns win where two overlap.
PATTERNS = (
    _pattern(
        PrivateKind.EMAIL,
        r"@|[\[(]at[\])]",
        r"(?<![\w.%+-])[\w.%+-]+(?:@| ?[\[(]at[\])] ?)(?:[\w-]+(?:\.| ?[\[(]dot[\])] ?))+[^\W\d_]{2,}",
    ),
    _pattern(
        PrivateKind.URL,
        r"\.com/|t\.me/|wa\.me/",
        rf"(?<![\w@.])(?:https?://)?(?:www\.|m\.)?(?:{_SOCIAL_HOST})/{_PATH}",
    ),
    # Addresses run together would each be read to the end of all, were their length not bounded.
    _pattern(PrivateKind.URL, "://", rf"\bhttps?://[^\s/@]{{1,200}}:[^\s/@]{{1,200}}@{_PATH}"),
    _pattern(
        PrivateKind.URL,
        "://",
        rf"\bhttps?://[^\s<>\"')\]]{{0,2000}}?(?:/(?:~|@|(?:u|users?|profiles?|people|members?|in)/)"
        rf"|[?&](?:user(?:name)?|login|profile)=){_PATH}",
    ),
    _pattern(
        PrivateKind.URL,
        "https?:|www",
        rf"\b(?:my (?:own |personal )?(?:website|web ?site|site|blog|page|channel|homepage|profile)|website:)"
        rf"[^\w\n]*(?:is |at )*\n?(?P<value>(?:https?://|www\.){_PATH})",
    ),
    _pattern(
        PrivateKind.IBAN,
        r"[a-z]{2}\d{2}",
        r"(?<!\w)[a-z]{2}\d{2}(?:[ -]?[a-z\d]{4}){2,7}(?:[ -]?[a-z\d]{1,3})?(?!\w)",
        passes_mod_97,
    ),
    _pattern(
        PrivateKind.CARD,
        r"(?:\d[ -]?){11}\d",
        r"(?<![\w.-])(?:\d[ -]?){11,18}\d(?![\w-]|\.\d)",
        passes_luhn,
    ),
    _pattern(
        PrivateKind.CARD,
        r"\bcard\b|visa|amex|mastercard",
        r"\b(?:card|visa|amex|mastercard)\b[^\d\n]{0,25}(?P<value>(?:\d[ -]?){11,18}\d)(?![\w-])",
    ),
    _pattern(
        PrivateKind.SSN, r"\d{3}", r"(?<![\w-])(?!000|666)\d{3}([ -])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])"
    ),
    _pattern(
        PrivateKind.SSN,
        r"\bssn\b|social security",
        r"\b(?:ssn|social security)\b[^\d\n]{0,20}(?P<value>\d{9})(?!\d)",
    ),
    _pattern(
        PrivateKind.IP,
        r"\d\.\d|:[0-9a-f]*:",
        r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*+:[0-9a-f]*+:[0-9a-f:]*+)(?![\w:]|\.\d)",
        is_ip_address,
    ),
    Pattern(
        PrivateKind.ORGANISATION,
        r"Clinic|Hospital|Infirmary|Counsel|Psych|Therapy|Wellness|Health|Medical|Treatment|Recovery|Rehab",
        re.compile(
            r"\b(?!(?:The|An?|My|Your|Our|This|That|Any|Every|No|Some|Local|Which|In|At|From|To|For|Call|Contact"
            rf"|Visit|Go|Try|If|When|Since|Welcome)\b)(?:[A-Z][\w'’.-]{{0,40}} (?:(?:&|and|of|for) )?){{1,4}}"  # noqa: RUF001
            rf"{_CLINIC}\b"
        ),
        is_named_clinic,
    ),
    _pattern(
        PrivateKind.DATE_OF_BIRTH,
        r"\bborn\b|\bdob\b|birth|\bb-?day\b",
        rf"\b(?:born|dob|d\.o\.b\.?|date of birth|birth ?date|birthday|b-?day)\b"
        rf"(?:[^\d\n.!?]{{0,20}}?|[.?] (?:It'?s|It is) )\b(?P<value>{_DATE})(?!\d)",
    ),
    _pattern(
        PrivateKind.MEDICAL_RECORD,
        r"\bnhs\b",
        rf"\bnhs\b{_TO_NUMBER}(?P<value>\d{{3}}[ -]?\d{{3}}[ -]?\d{{4}})(?!\d)",
        passes_mod_11,
    ),
    _pattern(
        PrivateKind.MEDICAL_RECORD,
        r"\bmrn\b|record|patient|chart|nhs",
        rf"\b(?:mrn|nhs|(?:medical |health )?record|patient|chart)\b{_TO_NUMBER}{_NUMBER}",
    ),
    _pattern(
        PrivateKind.ACCOUNT,
        r"routing|\baba\b|\brtn\b",
        rf"\b(?:routing|aba|rtn)\b{_TO_NUMBER}(?P<value>\d{{9}})(?!\d)",
        passes_routing_check,
    ),
    _pattern(
        PrivateKind.ACCOUNT,
        r"sort code",
        rf"\bsort code{_TO_NUMBER}(?P<value>\d{{2}}[ -]?\d{{2}}[ -]?\d{{2}})(?!\d)",
    ),
    _pattern(
        PrivateKind.ACCOUNT,
        r"account|acct|a/c",
        rf"\b(?:(?:bank |checking |savings )?account|acct|a/c)\b{_TO_NUMBER}{_NUMBER}",
    ),
    _pattern(
        PrivateKind.ID,
        r"member|polic|licen|passport|\bid\b|case|claim|insurance|student|employee|tax",
        r"\b(?:member(?:ship)?|policy|(?:driver'?s? )?licen[cs]e|passport|case|claim|insurance|student"
        rf"|employee|tax|id)\b{_TO_NUMBER}{_NUMBER}",
    ),
    _pattern(
        PrivateKind.ID,
        r"@|u/",
        r"(?<![\w@./])(?:@(?=\w*[a-z])\w{3,30}|/?u/[\w-]{3,20})(?![\w@])",
    ),
    _pattern(
        PrivateKind.ADDRESS,
        r"\bbox\b",
        r"\b(?:p\.? ?o\.? box|psc|unit) \d+(?:,? box \d+)?"
        r"(?:\s+(?:apo|fpo|dpo) a[aep] \d{5})?(?:[^\d\n]{0,40}\b(?:apt|suite)\.? \d+)?"
        rf"(?:{_TO_POSTCODE})?",
    ),
    _pattern(
        PrivateKind.ADDRESS,
        r"[afd]po a[aep]",
        r"\b(?:uss|usns|uscgc|usnv) [^\d\n]{1,40}\s[afd]po a[aep] \d{5}",
    ),
    _pattern(
        PrivateKind.ADDRESS,
        rf"(?s)\d.*\b{_UNIT}",
        rf"(?<![\w-])\d{{1,6}}[a-z]?,? (?:\d{{1,4}}(?:st|nd|rd|th)?\s)?(?:{_WORD}\s){{0,4}}?"
        rf"(?:\d{{1,4}}(?:st|nd|rd|th)\s)?{_WORD}(?:\s{_WORD}){{0,2}}?(?:\s\d{{1,5}})?[.,]?"
        rf"(?:\s+{_UNIT})+(?:{_TO_POSTCODE})?",
    ),
    _pattern(
        PrivateKind.ADDRESS,
        rf"(?s)\d.* {_STREET}\b",
        rf"(?<![\w-])\d{{1,6}}[a-z]?,? (?:[nsew]\.? )?(?:{_WORD} ){{0,3}}?"
        rf"(?:{_WORD}|\d{{1,3}}(?:st|nd|rd|th)) {_STREET}\b\.?"
        rf"(?:,? {_UNIT})?(?:{_TO_POSTCODE})?",
        is_street_address,
    ),
    _pattern(
        PrivateKind.ADDRESS,
        rf"(?:{_JOINED_STREET}|{_STREET_FIRST} \S.*) \d",
        rf"\b(?:\d{{2,6}} )?(?:{_JOINED_STREET}|{_STREET_FIRST} {_WORD}(?: {_WORD}){{0,3}}?)"
        rf" \d{{1,5}}[a-z]?\b(?:{_TO_POSTCODE})?",
    ),
    _pattern(
        PrivateKind.ADDRESS,
        r"corner of",
        rf"\bcorner of {_WORD}(?: [\w'’.-]+){{0,5}}? and {_WORD}(?: {_WORD})?",  # noqa: RUF001
    ),
    _pattern(PrivateKind.ADDRESS, r"apt|apartment|suite", r"\b(?:apt|apartment|suite)\b\.? ?#?\d+[a-z]?\b"),
    _pattern(
        PrivateKind.ADDRESS,
        "address",
        r"\b(?:home |mailing |street |my )?address(?: is|:)\s*"
        r"(?P<value>(?=[^\n]{0,40}\d)(?:[^\n.\[]|\.(?! [A-Z])){5,120}(?<=[^\s.,!?]))",
    ),
    _pattern(
        PrivateKind.ADDRESS,
        r"zip|post ?code|postal",
        r"\b(?:zip|post ?code|postal)(?: code)?\b[^\d\n]{0,15}"
        r"(?P<value>\d{3,6}(?:[ -]\d{2,4})?|[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2})\b",
    ),
    # A line of its own that ends an address: town or country, then the postal code.
    _pattern(
        PrivateKind.ADDRESS,
        r"\d{3}",
        r"(?m:^)[^\w\n]*(?-i:[A-ZÀ-ÞĀ-Ž])[\w'’.-]*(?:,? (?-i:[A-ZÀ-ÞĀ-Ž])[\w'’.-]*){0,3},? "  # noqa: RUF001
        r"(?P<value>\d{3} \d{2}|\d{4}-\d{3}|\d{4,6})[^\w\n]*(?m:$)",
        is_postal_code,
    ),
    _pattern(
        PrivateKind.PHONE,
        r"(?:phone|cell|mobile|call|text|\btel|fax|number|whatsapp|reach|message|messages)\b[^\d\n]{0,25}\n?[+(\d]",
        r"\b(?:tele?phone|phone|cell|mobile|call|text|tel|fax|whatsapp|reach|messages?|number)\b[^\d+(\n]{0,25}\n?"
        r"(?P<value>\(?\+?\d[\d ().-]{5,18}\d)(?![\w-])",
        is_personal_phone,
    ),
    # Written so that it is a number even behind a letter: lost spaces glue it to the word before.
    _pattern(
        PrivateKind.PHONE,
        _DIGITS,
        r"(?<![\d.+$€£-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-]|\.\d)",
        is_personal_phone,
    ),
    _pattern(
        PrivateKind.PHONE,
        _DIGITS,
        r"(?<![\w.+$€£-])(?:\+\d{1,3}[ .-]?(?:\(?\d{1,4}\)?[ .-]?){2,5}\d{2,4}"
        r"|(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}"
        r"|\(\d{2,4}\) ?\d{3,4}[ -]\d{3,4}|0\d{1,4}[ -]\d{3,4}(?:[ -]?\d{2,4}){1,2}"
        r"|\d{3}[ -]\d{4}|\d{3} \d{3} \d{3}|\d{2}(?:-\d{2}){3,4})(?![\w-]|\.\d)",
        is_personal_phone,
    ),
)
