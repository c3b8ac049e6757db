"""Whether text of the right shape is what it looks like: check digits, ranges, words around it."""

import re
from ipaddress import ip_address

from dataset_platform.curate.vocabulary import TERMS_OF_THE_FIELD


def passes_luhn(value: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1, annex B)."""
    digits = [int(character) for character in value if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def passes_mod_97(value: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 13616, by ISO/IEC 7064)."""
    compact = re.sub(r"[\s-]", "", value).upper()
    try:
        rearranged = "".join(str(int(character, 36)) for character in compact[4:] + compact[:4])
    except ValueError:  # a letter that is an ASCII one in another case only, such as the Turkish İ
        return False
    return 15 <= len(compact) <= 34 and int(rearranged) % 97 == 1


def passes_mod_11(value: str) -> bool:
    """Whether the check digit of an NHS number is right (NHS Data Dictionary, NHS number)."""
    digits = [int(character) for character in value if character.isdigit()]
    weighted = sum(weight * digit for weight, digit in zip(range(10, 1, -1), digits, strict=False))
    return len(digits) == 10 and (11 - weighted % 11) % 11 == digits[-1]


def passes_routing_check(value: str) -> bool:
    """Whether the check digit of a US routing number is right (ABA, weights 3, 7, 1)."""
    digits = [int(character) for character in value if character.isdigit()]
    weighted = sum(weight * digit for weight, digit in zip((3, 7, 1) * 3, digits, strict=False))
    return len(digits) == 9 and any(digits) and weighted % 10 == 0


def is_ip_address(value: str) -> bool:
    """Whether it is an IPv4 address, or an IPv6 address of three groups or more."""
    groups = [group for group in value.split(":") if group]
    if ":" in value and len(groups) < 3:
        return False
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


# Helplines are public, and a reply that names one must keep it.
HELPLINES = frozenset(
    {
        "988", "911", "999", "112", "116123", "131114", "741741", "678678", "85258", "686868", "08001111",
        "111",
        "8002738255", "18002738255", "8006624357", "18006624357", "8007997233", "18007997233",
        "8006564673", "18006564673", "8664887386", "18664887386", "8774224453", "18774224453",
        "8339436262", "18339436262", "8777265463", "8004224453", "18004224453",
    }
)  # fmt: skip


# Toll-free and premium numbers belong to organisations, never to a person (North American Numbering Plan).
_TOLL_FREE = re.compile(r"1?(?:800|833|844|855|866|877|888|900)\d{7}$")


def is_personal_phone(value: str) -> bool:
    """Whether digits in groups can be somebody's number: no helpline, date, or range of years."""
    digits = re.sub(r"\D", "", value)
    if digits in HELPLINES or re.sub(r"\D", "", value.split("(")[0]) in HELPLINES or _TOLL_FREE.match(digits):
        return False
    if not 7 <= len(digits) <= 15 or len(set(digits)) < 3:
        return False
    if re.fullmatch(r"(?:19|20)\d\d[-./ ]\d\d?[-./ ]\d\d?|\d\d?[-./ ]\d\d?[-./ ](?:19|20)\d\d", value):
        return False
    return not re.fullmatch(r"(?:1[5-9]|20)\d\d ?[-/ ] ?(?:1[5-9]|20)\d\d", value)


_PROSE_WORDS = frozenset(
    {
        "a", "an", "and", "are", "as", "at", "but", "for", "have", "i", "in", "is", "my", "of", "on", "or",
        "our", "so", "that", "the", "to", "was", "with",
    }
)  # fmt: skip


def is_street_address(value: str) -> bool:
    """Whether number, words and a word for street are an address, not prose (`3 kids and drive`)."""
    if value.rstrip(".").endswith((" CT", " ST", " PL")):  # time zones and states
        return False
    words = re.findall(r"[^\W\d_]+", value)
    named = any(word[0].isupper() for word in words)
    unmistakable = re.search(r"\b(?:street|avenue|boulevard|road|lane)\b", value, re.IGNORECASE)
    return bool(named or unmistakable) and not _PROSE_WORDS & set(words)


def is_postal_code(value: str) -> bool:
    """Whether digits at the end of an address can be a postal code: no year, no helpline."""
    return value not in HELPLINES and not re.fullmatch(r"(?:19|20)\d\d", value)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NO_CLINIC = _words(
    "mental health community general national state county city university medical psychiatric children "
    "children's childrens family women's womens veterans crisis behavioral behavioural online free "
    "public private regional memorial outpatient inpatient day walk-in urgent care emergency primary "
    "local federally qualified student counseling counselling therapy psychological psychology "
    "treatment recovery wellness clinical cognitive and of for & center centre sleep pain eating "
    "disorder disorders substance abuse addiction trauma anxiety couples marriage group individual "
    "marital professional christian pastoral school grief rational emotive teaching"
)


def is_named_clinic(value: str) -> bool:
    """Whether a clinic's name has a word of its own, so that it says which clinic it is."""
    words = value.lower().split()
    return any(word not in _NO_CLINIC and word not in TERMS_OF_THE_FIELD for word in words[:-1])
