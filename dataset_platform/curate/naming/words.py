"""A text as words, and each word as numbers: what it is, whatever stands around it."""

import math
import re
from enum import IntEnum, IntFlag, auto
from typing import NamedTuple

from dataset_platform.curate.configuration import PrivateKind
from dataset_platform.curate.naming.lexicon import Case, Lexicon
from dataset_platform.curate.vocabulary import (
    ABSTRACT_ENDINGS,
    GIVEN_TOO,
    NOT_A_NAME,
    PUBLIC_PLACES,
    TERMS_OF_THE_FIELD,
)

WORD = re.compile(r"\[[A-Z_]+(?:_\d+)?\]|[^\W_]+(?:['’\u2011-][^\W_]+)*|\n|[^\w\s]")  # noqa: RUF001
# Features are whole multiples of a 64th, so that their sums are exact on every machine.
SCALE = 64
_CONTRACTION = re.compile(r".*(?:n't|'(?:ll|ve|re|d|m|t))$|i'm|let's")
_DRAWLED = re.compile(r"(?:[aeiou]+h+|[hm]+|u+m+|y+a+[hsy]*|e+k+)$")
# Titles, degrees and programs (LPC, EOBs), and names that firms and apps give themselves (MindShift).
_ACRONYM = re.compile(r"[A-Z]{2,5}s?$|[A-Z]*[a-z]+[A-Z]\w*$")
_MASK_OF_A_NAME = PrivateKind.NAME.mask.removesuffix("]")  # of a numbered one, too
_NAME_WITH_CAPITALS = re.compile(r"(?:Mc|Mac|De|Di|Du|La|Le|Van|Fitz|O)[A-Z][a-z]+$")


def _classes(*groups: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(group.split()) for group in groups)


# Words that tell something about their neighbours.
CLASSES = _classes(
    "mr mrs ms miss mx dr doctor prof professor sir madam nurse pastor rabbi father sister mister herr frau "
    "uncle aunt coach judge officer detective attorney",
    "inc ltd llc plc corp corporation company co group bank holdings partners university college school "
    "hospital clinic center centre institute foundation orchestra association society church club agency "
    "services solutions systems technologies industries bros sons department ministry committee council "
    "academy hotel restaurant museum press media gmbh ag oy ab",
    "street st avenue ave road rd boulevard blvd lane ln drive dr court ct place pl square sq terrace way "
    "highway hwy parkway trail row close crescent apt suite unit box",
    "in at from to near towards outside around visiting visit leaving via through of across",
    "by with and or & for about between without than like met told asked",
    "named called name is am i'm im this it's name's call calls calling",
    "hi hello hey dear thanks thank welcome goodbye bye sincerely regards love cheers morning evening "
    "afternoon sorry yes no ok okay well so",
    "said says told asked was is has had and will would went wrote explained pointed points writes thinks "
    "wants came lives loves likes did does just who whose listed spent began flew moved from who's",
    "the a an this that these those my your his her our their some any no every each",
    "mother father mom dad brother sister son daughter husband wife boyfriend girlfriend friend cousin uncle "
    "aunt partner boss therapist ex fiance niece nephew roommate coworker neighbor neighbour colleague",
    "it you we they he she i",
)
N_FEATURES = 32 + len(CLASSES)


class Column(IntEnum):
    """Where `read` puts what others ask for."""

    CAPITAL = 0
    GIVEN = 7
    SURNAME = 9
    UNKNOWN = 11
    LOWER_IN_DICTIONARIES = 12
    EVERYDAY = 13
    CITY = 15
    NEWLINE = 23
    SENTENCE_END = 24
    QUOTE = 26
    LOWER_CASE = 30


def plain(word: str) -> str:
    """The word in lower case, without a possessive ending and with one sort of apostrophe and hyphen."""
    return word.lower().replace("’", "'").replace("\u2011", "-").removesuffix("'s")  # noqa: RUF001


def abbreviates(word: str) -> bool:
    """Whether the capitals in it say that it stands for something, and for no person."""
    return bool(_ACRONYM.match(word)) and not _NAME_WITH_CAPITALS.match(word)


class Shape(IntFlag):
    """How a word is written."""

    LOWER_CASE = auto()
    CAPITALS = auto()
    BRIEF = auto()
    ABBREVIATION = auto()
    MASK_OF_A_NAME = auto()
    INITIAL = auto()


def _shape(word: str) -> int:
    said = {
        Shape.LOWER_CASE: word[:1].islower(),
        Shape.CAPITALS: word.isupper(),
        Shape.BRIEF: len(word) <= 3,
        Shape.ABBREVIATION: abbreviates(word),
        Shape.MASK_OF_A_NAME: word.startswith(_MASK_OF_A_NAME),
        Shape.INITIAL: len(word) == 1 and word.isupper(),
    }
    return sum(shape for shape, holds in said.items() if holds)


class Word(NamedTuple):
    """What a word says by itself: features, whether it can name, how it is written and looked up."""

    features: list[float]
    can_name: bool
    shape: int
    plain: str


def read(word: str, lexicon: Lexicon) -> Word:
    bare = plain(word)
    parts = [part for part in re.split(r"['-]", bare) if part] or [bare]
    letters = bare[:1].isalpha()
    facts = lexicon.facts_of(bare)
    given, surname, frequency, city, case = facts
    last = lexicon.facts_of(parts[-1])
    if len(parts) > 1:
        rows = [lexicon.facts_of(part) for part in parts]
        given, surname = (max(row.given for row in rows), max(row.surname for row in rows))
        everyday = all(row.frequency and (row.is_ordinary or not row.given + row.surname) for row in rows)
    else:
        everyday = bool(frequency) and (facts.is_ordinary or (not given + surname and case != Case.CAPITAL))
    contraction = bool(_CONTRACTION.match(word.lower().replace("’", "'")))  # noqa: RUF001
    drawled = bool(_DRAWLED.match(bare) or re.search(r"(.)\1\1", bare))
    in_field = bare in NOT_A_NAME or parts[0] in TERMS_OF_THE_FIELD
    # Texas-licensed; but Jean-Pierre, and Anne-marie as some type it.
    compound = len(parts) > 1 and bool(re.search(r"[-\u2011][a-z]+$", word)) and last.is_ordinary
    abstract = len(bare) >= 8 and bare.endswith(ABSTRACT_ENDINGS)
    capital = word[:1].isupper()
    values = [
        capital,
        capital and word.isupper() and len(bare) > 1,
        letters and len(bare) == 1,
        any(character.isdigit() for character in word),
        letters and not word.isascii(),
        min(len(bare), 12) / 12,
        math.log1p(given) / 3,
        given > 0,
        math.log1p(surname) / 3,
        surname > 0,
        frequency / 100,
        letters and not frequency,
        case == Case.LOWER,
        everyday,
        case == Case.CAPITAL,
        city / 70,
        bare in PUBLIC_PLACES,
        min(max(lexicon.likeness(bare), -2.0), 3.0) if letters and len(bare) > 1 else -2.0,
        in_field,
        abstract,
        word.startswith("[") and len(word) > 1,
        word.endswith(("'s", "’s")),  # noqa: RUF001
        not letters and not bare[:1].isdigit() and not word.startswith("["),
        word == "\n",
        word in ".!?:",
        word == ",",
        word in "\"'“”()‘’",  # noqa: RUF001
        letters and "-" in word,
        contraction,
        drawled,
        letters and not capital,
        1,
        *(bare in group for group in CLASSES),
    ]
    possible = (
        letters
        and len(bare) > 1
        and not contraction
        and not drawled
        and (not in_field or bare in GIVEN_TOO)
        and not abstract
        and not compound
        and (capital or (len(bare) > 2 and given + surname > 0 and not facts.is_ordinary))
    )
    return Word(values, possible, _shape(word), bare)
