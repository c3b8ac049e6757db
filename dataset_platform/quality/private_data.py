"""Residual private data: a second look by rules that share nothing with those that masked.

Each kind has a loose RE2 pattern, run over whole columns, and where structure allows a
strict test of its matches (check digits, ranges); names have rules of their own. Masks such as
`[EMAIL_1]` match nothing, nor does what is reserved for examples and so reaches nobody.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.left_over_names import name_spans
from dataset_platform.quality.validator import Card, Findings


def luhn(match: str) -> bool:
    """Whether the digits pass the Luhn check (ISO/IEC 7812-1), which one in ten numbers does by chance."""
    digits = [int(c) for c in match if c.isdigit()]
    doubled = [d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(reversed(digits))]
    return 12 <= len(digits) <= 19 and len(set(digits)) > 1 and sum(doubled) % 10 == 0


def iban(match: str) -> bool:
    """Whether the check digits are right (ISO 13616, modulo 97)."""
    compact = re.sub(r"\s", "", match).upper()
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def social_security(match: str) -> bool:
    """Whether the US Social Security Administration could have issued the number."""
    area, group, serial = match.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def public_address(match: str) -> bool:
    """Whether it is an IPv4 address on the public internet; version numbers with small parts are not."""
    try:
        return IPv4Address(match).is_global and max(map(int, match.split("."))) > 31
    except AddressValueError:
        return False


def phone(match: str) -> bool:
    """Whether it has the digits of a telephone number and is not a date or a range of years."""
    n_digits = sum(c.isdigit() for c in match)
    if re.search(r"\b555\W01\d\d$", match):  # kept for fiction by the North American Numbering Plan
        return False
    return 9 <= n_digits <= 15 and not re.match(r"(?:19|20)\d\d\W(?:19|20)\d\d|\d{4}-\d\d-\d\d", match)


_FOR_EXAMPLES = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|net|org))?|invalid|test|localhost)$")


def mailbox(match: str) -> bool:
    """Whether it is an address that mail can reach, not one for examples (RFC 2606, 6761)."""
    _, at, domain = match.lower().rpartition("@")
    return bool(at) and not _FOR_EXAMPLES.search(domain)


_CREDENTIALS = r"https?://[^\s/@:]+(?::[^\s/@]*)?@"
_PERSONAL_LINK = rf"{_CREDENTIALS}\S+|https?://\S+/(?:@|user/|u/|in/|profile/)[\w.-]+"


def personal_link(match: str) -> bool:
    """Whether it leads to somebody's page, or names who may open it."""
    return re.fullmatch(_PERSONAL_LINK, match) is not None


def _any(match: str) -> bool:
    return bool(match)


Span = tuple[int, int]
NAME = "name"


@dataclass(frozen=True)
class Kind:
    """A kind of private data: what a text that may hold it matches (RE2), and where it stands in a text.

    `label` is its name in presidio-research, or None where no labelled example is to be had.
    """

    name: str
    hint: str
    spans: Callable[[str], list[Span]]
    label: str | None

    @property
    def labelled(self) -> str:
        """The sentences that recall is measured on."""
        return f"sentences with a labelled {self.name}"

    @property
    def flagged(self) -> str:
        """What precision is measured on: in labelled sentences firms and streets bear names of people."""
        return "names flagged in masked real turns" if self.name == NAME else self.labelled

    @property
    def unlabelled(self) -> str:
        """What the false-positive rate is measured on."""
        if self.name == NAME:
            return "masked real turns without a name that a reader saw"
        return f"sentences without a labelled {self.name}"


def _shaped(
    name: str, pattern: str, accepts: Callable[[str], bool], label: str | None, finds: str | None = None
) -> Kind:
    """A kind that has a loose pattern and a strict test of what it matches.

    `finds` stands for the pattern where Python would be slow with it, and may match more.
    """
    compiled = re.compile(finds or pattern)

    def spans(text: str) -> list[Span]:
        return [match.span() for match in compiled.finditer(text) if accepts(match.group())]

    return Kind(name, pattern, spans, label)


_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Square|Sq|Terrace|Way|"
    r"Place|Pl|Parkway|Pkwy|Highway|Hwy|Close|Crescent)"
)
_DOMAIN = r"@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}"
KINDS = (
    _shaped(
        "email",
        rf"[\w.+-]+{_DOMAIN}",
        mailbox,
        "EMAIL_ADDRESS",
        # Looks at each word once, where it would look for an @ from each letter of a long one.
        finds=rf"[\w.+-]++(?:{_DOMAIN})?",
    ),
    _shaped(
        "phone",
        r"(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)[ .-]?|\b\d{2,4}[ .-])(?:\d{2,4}[ .-]){1,3}\d{2,4}\b",
        phone,
        "PHONE_NUMBER",
    ),
    _shaped("card", r"\b(?:\d[ -]?){11,18}\d\b", luhn, "CREDIT_CARD"),
    _shaped("ssn", r"\b\d{3}-\d{2}-\d{4}\b", social_security, "US_SSN"),
    _shaped(
        "iban", r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?\b", iban, "IBAN_CODE"
    ),
    _shaped(
        "street address",
        rf"\b\d{{1,5}} (?:[A-Z][\w'.-]* ){{1,4}}{_STREET}\b|\b\d{{2,5}} [^,.;:!?\n]{{3,40}}[ "
        rf"\n](?:Apt\.|Suite) \d+",
        _any,
        "STREET_ADDRESS",
    ),
    _shaped("ip address", r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", public_address, None),
    _shaped(
        "link to a person",
        _PERSONAL_LINK,
        personal_link,
        None,
        # Where a link leads to no page of a person, neither does one that begins within it.
        finds=rf"{_PERSONAL_LINK}|https?://(?:(?!{_CREDENTIALS})\S)*+",
    ),
    Kind(NAME, r"\pL{2}", name_spans, "PERSON"),
)


def matches(texts: pa.Array, kind: Kind) -> tuple[NDArray[np.int64], list[list[str]]]:
    """Places of the texts that hold the kind, and what each holds of it."""
    candidates = np.flatnonzero(pc.match_substring_regex(texts, kind.hint).to_numpy(zero_copy_only=False))
    found = [
        (place, [text[start:end] for start, end in spans])
        for place, text in zip(candidates, texts.take(pa.array(candidates)).to_pylist(), strict=True)
        if (spans := kind.spans(text))
    ]
    return np.array([place for place, _ in found], np.int64), [hits for _, hits in found]


def masked(text: str) -> str:
    """The text with `[EMAIL]`, `[STREET ADDRESS]` and so on in place of what the sweep finds."""
    for kind in KINDS:
        for start, end in reversed(kind.spans(text)):
            text = f"{text[:start]}[{kind.name.upper()}]{text[end:]}"
    return text


CARD = Card(
    name="private_data",
    version="5",
    measures="names of persons, e-mail and street addresses, telephone, card and social security numbers, "
    "IBANs, public IP addresses and links to a person that masking left behind; English names for the most "
    "part, and none of those that invented pseudonyms are made of",
    scale="conversations with a hit of a gating kind; a kind gates only where its precision was measured "
    "at 0.9 or more, the others are listed for a reader",
    licence="patterns are ours",
    cost="0.3 s per 1,000 conversations of 7 short turns",
)


@dataclass(frozen=True)
class PrivateData:
    """Kinds of private data that are still in a conversation."""

    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """One column a kind: turns of the conversation that hold it."""
        turns = chunk.turns
        return {
            f"private_{kind.name}": np.bincount(
                turns.conversation[matches(turns.text, kind)[0]], minlength=len(chunk)
            ).astype(np.float64)
            for kind in KINDS
        }
