"""Invented values that look real and reach nobody, drawn by a key.

Addresses of mail and machines, telephone and social security numbers come from ranges that are
reserved for examples (RFC 2606, RFC 5737, the 555-01xx numbers of North America, SSNs of area 900 and
above), card numbers and IBANs fail their check digits, and street addresses have no number.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from pydantic import SecretStr

from dataset_platform.curate.configuration import Cleaning, PrivateKind, Pseudonyms
from dataset_platform.curate.identifiers import (
    passes_luhn,
    passes_mod_11,
    passes_mod_97,
    passes_routing_check,
)
from dataset_platform.errors import UsageError


def _listed(words: str) -> list[str]:
    return words.split()


_GIVEN = _listed(
    "Alma Bela Cleo Dario Edda Fenna Gwen Hanno Ilka Jonne Kasia Levin Mira Nuno Ottilie Pavel Quinn "
    "Rosa Silas Tamsin Ulla Vito Wanda Xenia Yannick Zelda Arlo Brisa Corin Delia Emil Farah Gideon "
    "Hedda Imre Juno Kilian Liv Marlo Nela Odin Petra Rufus Sanne Tilda Urban Vera Wilm Yara Zeno"
)
_SURNAMES = _listed(
    "Abernel Birkwood Caldene Dorrin Ellerby Fanshaw Garlan Hollis Ingleby Jarrow Kestle Lorimer Marden "
    "Norwell Ostrand Pellam Quillan Rainford Selwick Tarrant Ulverton Vantrell Wexley Yardlow Zellner "
    "Ashcombe Brandle Corwen Dunmore Everhart Fallowell Greysmith Hartwin Islip Kelbrook Langmere "
    "Merrick Northam Oakley Penrose"
)
_TOWNS = _listed(
    "Alderport Brackwater Cinderford Dunhaven Eastmere Fernmoor Greyhollow Hartsby Ivywell Kelpridge "
    "Larkfield Mossgate Northwick Oxley Pinebrook Quarrydale Rushbourne Stonecliff Thornby Umberton "
    "Vineham Westlow"
)
_HOUSES = _listed("Alder Beech Cedar Elm Fern Hazel Juniper Larch Maple Oak Rowan")
INVENTED_WORDS = frozenset(word.lower() for word in (*_GIVEN, *_SURNAMES, *_TOWNS, *_HOUSES))
"""Words that invented names and places are made of, in lower case."""
_DIGITS = "0123456789"


@dataclass(frozen=True)
class Name:
    given: str
    surname: str


@dataclass(frozen=True)
class Surrogates:
    """Draws values; the same key, conversation and value give the same, and nothing joins others."""

    key: bytes = field(repr=False)

    def name(self, conversation_id: str, person: str) -> Name:
        draw = self._drawn(conversation_id, PrivateKind.NAME, person)
        return Name(draw.one_of(_GIVEN), draw.one_of(_SURNAMES))

    def value(self, conversation_id: str, kind: PrivateKind, value: str) -> str:
        draw = self._drawn(conversation_id, kind, value)
        town, house = draw.one_of(_TOWNS), draw.one_of(_HOUSES)
        person = f"{draw.one_of(_GIVEN)}.{draw.one_of(_SURNAMES)}".lower()
        match kind:
            case PrivateKind.ADDRESS:
                return f"{house} House, {town}"
            case PrivateKind.CARD:
                return draw.number("#### #### #### ####", refused=passes_luhn)
            case PrivateKind.DATE_OF_BIRTH:
                return f"{1940 + draw.below(60)}-{1 + draw.below(12):02}-{1 + draw.below(28):02}"
            case PrivateKind.EMAIL:
                return f"{person}{draw.number('##')}@mail.example"
            case PrivateKind.IBAN:
                return draw.number("XX## #### #### #### ####", refused=_has_check_digits)
            case PrivateKind.IP:
                return f"{draw.one_of(('192.0.2', '198.51.100', '203.0.113'))}.{1 + draw.below(254)}"
            case PrivateKind.LOCATION:
                return town
            case PrivateKind.ORGANISATION:
                return f"{house} {town} Practice"
            case PrivateKind.PHONE:
                return f"({200 + draw.below(700)}) 555-01{draw.below(100):02}"
            case PrivateKind.SSN:
                return f"9{draw.number('##-##-####')}"
            case PrivateKind.URL:
                return f"https://{person.replace('.', '-')}.example"
            case PrivateKind.MEDICAL_RECORD:
                return draw.number("## ### ###", refused=passes_mod_11)
            case PrivateKind.ACCOUNT:
                return draw.number("## ### ###", refused=passes_routing_check)
        return draw.number("X-####")

    def _drawn(self, conversation_id: str, kind: PrivateKind, value: str) -> "_Draw":
        message = "\x1f".join((conversation_id, kind, value)).encode()
        return _Draw(int.from_bytes(hmac.digest(self.key, message, sha256)))

    def key_id(self) -> str:
        """Tells keys apart and does not tell the key: 16 hex digits of an HMAC."""
        return hmac.digest(self.key, b"dataset-platform pseudonym key", sha256).hex()[:16]


def surrogates_of(cleaning: Cleaning, key: SecretStr | None) -> Surrogates | None:
    """What draws surrogates, or None where other pseudonyms are asked for; UsageError without a key."""
    if cleaning.pseudonyms is not Pseudonyms.SURROGATE:
        return None
    if key is None:
        raise UsageError("DATASET_PSEUDONYM_KEY is missing: pseudonyms `surrogate` are drawn by a key")
    return Surrogates(key.get_secret_value().encode())


@dataclass
class _Draw:
    """A large random number, used up digit by digit."""

    left: int

    def below(self, n: int) -> int:
        self.left, drawn = divmod(self.left, n)
        return drawn

    def one_of(self, values: Sequence[str]) -> str:
        return values[self.below(len(values))]

    def number(self, shape: str, refused: Callable[[str], bool] = lambda _: False) -> str:
        """The shape with a digit for each `#`, one that is not refused."""
        drawn = "".join(self.one_of(_DIGITS) if character == "#" else character for character in shape)
        while refused(drawn):
            drawn = drawn[:-1] + str((int(drawn[-1]) + 1) % 10)
        return drawn


def _has_check_digits(iban: str) -> bool:
    """Whether it could be an account, or its groups of digits a card."""
    return passes_mod_97(iban) or passes_luhn(iban.partition(" ")[2])
