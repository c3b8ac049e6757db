"""Made-up private data, from ranges that belong to nobody.

Telephone numbers are those set aside for fiction (555-01xx, Ofcom's drama numbers),
mail is at example.org, card numbers are the networks' published test numbers, and
social security numbers begin with 9, which is never issued.
"""

import random
from collections.abc import Callable

from dataset_platform.samples.conversation import PrivateDatum

_FIRST = ("Maya", "Tobias", "Helen", "Ravi", "Sofia", "Marcus", "Ingrid", "Daniel", "Amina", "Peter")
_LAST = ("Ortega", "Lindqvist", "Hargreaves", "Mehta", "Novak", "Callahan", "Brandt", "Osei", "Fairchild")
_STREETS = ("Maple Street", "Harbour Road", "Willow Lane", "Station Avenue", "Orchard Drive", "Mill Road")
_TEST_CARDS = ("4111 1111 1111 1111", "5555 5555 5555 4444", "4012 8888 8888 1881", "6011 1111 1111 1117")
_MONTHS = ("January", "March", "April", "June", "August", "October", "November")
_HANDLES = ("quietfox", "harbourlight", "paperboat", "mossgarden", "latetrain")


def private_sentence(kind: str, rng: random.Random) -> tuple[str, PrivateDatum]:
    """A sentence that a client might say, and the datum in it."""
    sentence, make = _MAKERS[kind]
    value = make(rng)
    return sentence.format(value), PrivateDatum(kind, value)


def _name(rng: random.Random) -> str:
    return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"


def _email(rng: random.Random) -> str:
    return f"{_name(rng).lower().replace(' ', '.')}{rng.randrange(10, 99)}@example.org"


def _phone(rng: random.Random) -> str:
    fiction = (f"(206) 555-01{rng.randrange(100):02}", f"020 7946 0{rng.randrange(1000):03}")
    return rng.choice(fiction)


def _address(rng: random.Random) -> str:
    return f"{rng.randrange(2, 190)} {rng.choice(_STREETS)}"


def _card(rng: random.Random) -> str:
    return rng.choice(_TEST_CARDS)


def _birth_date(rng: random.Random) -> str:
    return f"{rng.randrange(1, 29)} {rng.choice(_MONTHS)} {rng.randrange(1955, 2003)}"


def _social_security(rng: random.Random) -> str:
    return f"9{rng.randrange(10, 99)}-{rng.randrange(10, 49)}-{rng.randrange(1000, 9999)}"


def _profile(rng: random.Random) -> str:
    return f"https://example.com/users/{rng.choice(_HANDLES)}{rng.randrange(10, 99)}"


_MAKERS: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "NAME": ("My name is {}, by the way.", _name),
    "EMAIL": ("If the time changes, please write to {}.", _email),
    "PHONE": ("You can call me on {} in the evenings.", _phone),
    "ADDRESS": ("I live at {}, on the second floor.", _address),
    "CARD": ("For the invoice, my credit card is {}.", _card),
    "DATE_OF_BIRTH": ("For the form, my date of birth is {}.", _birth_date),
    "SSN": ("They asked for my social security number, it is {}.", _social_security),
    "URL": ("I wrote about it at {} once.", _profile),
}
PRIVATE_KINDS = tuple(_MAKERS)
