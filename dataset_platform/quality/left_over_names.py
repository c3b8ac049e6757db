"""Names of persons that masking left behind: words that the Census knows, weighed by what is around them.

Neither the lists of names nor the rules are those of masking. A mask beside a word tells that masking saw
half of a name.
"""

import re

from dataset_platform.curate.surrogates import INVENTED_WORDS
from dataset_platform.quality.census_names import Name, packaged

# Tenths of log10 of how much likelier a name than an ordinary word, by what else speaks for a name.
ANNOUNCED, WITHIN_A_SENTENCE, ANYWHERE = 3, 10, 15
TITLED_IN_LOWER_CASE, ANNOUNCED_IN_LOWER_CASE, IN_LOWER_CASE = 10, 13, 20
_AROUND = 40

_NAME = r"(?:Mc|Mac|O['’])?[A-ZÀ-ÞĀ-Ž][a-zß-ÿā-ž]+"  # noqa: RUF001
_WORD = re.compile(
    rf"(?<![\w@/.’'-])(?:{_NAME}(?:-{_NAME})*|[a-zß-ÿ]{{3,}})(?![\w@]|\.\w|['’](?!s\b))"  # noqa: RUF001
)
_REST_OF_NAME = re.compile(rf"(?: [A-Z]\.?)? {_NAME}(?![\w@])")
_MASK = r"\[NAME(?:_\d+)?\]"
_MASK_BEFORE = re.compile(rf"{_MASK}(?:/|(?:,| and| &|) (?:and )?(?:[A-Z]\.? )?)$")
_MASK_BEHIND = re.compile(rf"(?: [A-Z]\.?)?(?:/|(?:,| and| &|) ){_MASK}")
_TITLE = re.compile(r"\b(?:mr|mrs|ms|mx|dr|miss|prof|aunt|uncle)\.? $", re.IGNORECASE)
_INTRODUCED = re.compile(
    r"\b(?:name(?:['’]s| is|:)?|named|called|calls? (?:me|him|her)|known as|i['’]?m|i am) $",  # noqa: RUF001
    re.IGNORECASE,
)
# Of people only where the name has a capital: it's joy, and this is grace.
_POINTED_AT = re.compile(r"\b(?:this is|it['’]s) $", re.IGNORECASE)  # noqa: RUF001
_RELATED_OR_GREETED = re.compile(
    r"\b(?:my|his|her|our|their) (?:(?:ex|best|little|older|big|baby|new)[ -])?"
    r"(?:mom|dad|mother|father|sister|brother|son|daughter|husband|wife|boyfriend|girlfriend|partner|friend|cousin|"
    r"boss|fianc[eé]e?|therapist|roommate|coworker),? $"
    r"|(?:^|[.!?\n“\"] ?)(?:hi|hello|hey|dear|thanks|thank you|regards|sincerely),?[ \n]+$",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"(?:^|[.!?:;…\n\"“”*•>)\]|#—–-]\s*|\n\s*\d+[.)] *)$")  # noqa: RUF001
# An article tells a thing, and what follows a saint, a port or a town that was masked is a place.
_NO_PERSON_BEHIND = re.compile(
    r"(?:\b(?:a|an|the|san|santa|los|fort|mount|mt\.?|port|st\.?|lake)|\[LOCATION(?:_\d+)?\]) $",
    re.IGNORECASE,
)
# Institutions, places and tests are named after people.
_NAMED_AFTER = re.compile(
    r"(?:['’]s)?(?: [A-Z][\w'’]+){0,2}[ -](?:[Pp]roject|Act|[Ss]ociety|[Ll]ine|County|Street|St|Avenue|"  # noqa: RUF001
    r"Road|Lane|Drive|City|State|University|College|School|Hospital|Clinic|Cent(?:er|re)|Institute|Foundation|"
    r"Association|Church|Club|Hotel|House|Airport|Hotline|Lifeline|Inc|LLC|Talks?|Theory|Method|Scale|Test|"
    r"Inventory|Day|Eve|Christmas|Bay|Beach|Park|Lake|River|Island|Hills?|Valley)\b"
)
_FIRM = re.compile(r"(?:mcdonald|applebee|lowe|kohl|macy|arby)['’]s\b", re.IGNORECASE)  # noqa: RUF001
# Words that the Census has as names and that talk of something else as a rule.
_SOMETHING_ELSE = """
alexa april austin carolina chad christian claude dallas ella eve florence georgia ginger hai houston im
isaiah israel jesus jordan june kia may mi ok oh ora san santa sydney trevor tu turk virginia
"""
_PASSED_OVER = frozenset(_SOMETHING_ELSE.split()) | INVENTED_WORDS


def name_spans(text: str) -> list[tuple[int, int]]:
    """Where names of persons seem to stand, in order and without overlap."""
    spans: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        word = match[0].lower()
        name = None if word in _PASSED_OVER else packaged().get(word)
        if name and (not spans or start >= spans[-1][1]) and _is_person(text, start, end, name):
            rest = _REST_OF_NAME.match(text, end) if match[0][0].isupper() else None
            spans.append((start, rest.end() if rest else end))
    return spans


def _is_person(text: str, start: int, end: int, name: Name) -> bool:
    before, behind = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    if _NAMED_AFTER.match(behind) or _NO_PERSON_BEHIND.search(before) or _FIRM.match(text, start):
        return False
    beside_a_mask = bool(_MASK_BEFORE.search(before) or _MASK_BEHIND.match(behind))
    if text[start].islower():
        return _is_person_in_lower_case(before, name, beside_a_mask)
    if name.likelihood >= ANYWHERE or beside_a_mask:
        return name.likelihood >= ANNOUNCED
    if any(cue.search(before) for cue in (_TITLE, _INTRODUCED, _POINTED_AT, _RELATED_OR_GREETED)):
        return name.likelihood >= ANNOUNCED
    return name.likelihood >= WITHIN_A_SENTENCE and not _BEGINS.search(before)


def _is_person_in_lower_case(before: str, name: Name, beside_a_mask: bool) -> bool:
    if _TITLE.search(before):
        return name.likelihood >= TITLED_IN_LOWER_CASE
    announced = beside_a_mask or _INTRODUCED.search(before)
    return name.given and name.likelihood >= (ANNOUNCED_IN_LOWER_CASE if announced else IN_LOWER_CASE)
