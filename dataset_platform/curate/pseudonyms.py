"""What stands in the place of private data: masks, numbered masks, or invented values."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from dataset_platform.curate.configuration import PrivateKind, Pseudonyms
from dataset_platform.curate.masking import Hidden, Masked, numbers_in_use
from dataset_platform.curate.surrogates import Surrogates


def shown(
    texts: Sequence[Masked], style: Pseudonyms, surrogates: Surrogates | None, conversation_id: str
) -> list[str]:
    """The texts of one conversation, in order, with pseudonyms in place of what their masks hide."""
    if style is Pseudonyms.MASK:
        return [text.text for text in texts]
    hidden = list(dict.fromkeys(what for text in texts for what in text.hidden if what))
    identities = Identities.of(hidden, numbers_in_use(text.text for text in texts))
    if style is Pseudonyms.NUMBERED:
        pseudonyms = {what: what[0].numbered(identities.number(*what)) for what in hidden}
    elif surrogates:
        pseudonyms = {what: _invented(what, identities, surrogates, conversation_id) for what in hidden}
    else:
        raise ValueError("surrogates need a key")
    return [text.shown(pseudonyms[what] for what in text.hidden if what) for text in texts]


@dataclass
class Person:
    """Somebody of a conversation: the words of the longest name that it calls them by, in lower case.

    The number is 0 until somebody asks for it.
    """

    words: tuple[str, ...]
    number: int = 0


@dataclass
class Identities:
    """Which values of one conversation are the same, numbered by kind in the order of their first appearance.

    Numbers begin behind the largest one that a mask had before.
    """

    last: dict[str, int]
    numbers: dict[tuple[PrivateKind, str], int] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    by_word: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, hidden: Iterable[Hidden], last: dict[str, int]) -> "Identities":
        hidden = list(hidden)
        identities = cls(dict(last))
        # Two names may prove to be one person's only by a third: numbers are given when all are known.
        for kind, value in hidden:
            if kind is PrivateKind.NAME:
                identities.person(value)
        for kind, value in hidden:
            identities.number(kind, value)
        return identities

    def number(self, kind: PrivateKind, value: str) -> int:
        if kind is PrivateKind.NAME:
            person = self.person(value)
            person.number = person.number or self._next(kind)
            return person.number
        key = (kind, canonical(value))
        if key not in self.numbers:
            self.numbers[key] = self._next(kind)
        return self.numbers[key]

    def person(self, value: str) -> Person:
        """The first whose words hold these or are held by them: `Ann` is `Ann Lee`, and no `Bo Lee`."""
        words = name_words(value)
        distinct = set(words)
        for place in sorted(set().union(*(self.by_word[word] for word in words))):
            person = self.people[place]
            if distinct.issubset(person.words):
                return person
            if distinct.issuperset(person.words):
                return self._known_as(place, words)
        self.people.append(Person(words))
        return self._known_as(len(self.people) - 1, words)

    def _known_as(self, place: int, words: tuple[str, ...]) -> Person:
        for word in words:
            self.by_word[word].add(place)
        self.people[place].words = words
        return self.people[place]

    def _next(self, kind: PrivateKind) -> int:
        self.last[kind] = self.last.get(kind, 0) + 1
        return self.last[kind]


def canonical(value: str) -> str:
    """What is the same however it is written: letters and digits, in lower case."""
    return re.sub(r"[\W_]+", "", value).lower() or value


@lru_cache(maxsize=100_000)
def name_words(value: str) -> tuple[str, ...]:
    """The words of a name in lower case, without initials; all of them where there is nothing else."""
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", value.lower())  # noqa: RUF001
    return tuple([word for word in words if len(word) > 1] or words or [value.lower()])


def _invented(what: Hidden, identities: Identities, surrogates: Surrogates, conversation_id: str) -> str:
    kind, value = what
    if kind is not PrivateKind.NAME:
        return surrogates.value(conversation_id, kind, canonical(value))
    person = identities.person(value)
    name = surrogates.name(conversation_id, " ".join(person.words))
    said = [name.surname if word == person.words[-1] and len(person.words) > 1 else name.given
            for word in name_words(value)]  # fmt: skip
    return _in_case_of(value, " ".join(dict.fromkeys(said)))


def _in_case_of(value: str, invented: str) -> str:
    if value.islower():
        return invented.lower()
    return invented.upper() if value.isupper() and len(value) > 1 else invented
