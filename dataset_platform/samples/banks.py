"""The phrase banks in `banks/`, as typed objects."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

Phrases = tuple[str, ...]


@dataclass(frozen=True)
class Exchange:
    """What a client says, and what a therapist who heard exactly that may answer and ask."""

    say: str
    reflect: Phrases
    ask: Phrases


@dataclass(frozen=True)
class Topic:
    name: str
    slots: Mapping[str, Phrases]
    affirm: Phrases
    open: tuple[Exchange, ...]
    deepen: tuple[Exchange, ...]
    close: tuple[Exchange, ...]


@dataclass(frozen=True)
class EdgeCategory:
    """A kind of difficult client: `meet` and `ask` are the therapist's, the rest the client's."""

    name: str
    challenges: Phrases
    meet: Phrases
    ask: Phrases
    deflect: Phrases
    say: Phrases
    level: Mapping[str, str]


@dataclass(frozen=True)
class Concept:
    """A concept with three texts: what it is, its use in a session, a misunderstanding put right."""

    title: str
    category: str
    subcategory: str
    related: Phrases
    approaches: Phrases
    definition: str
    practice: str
    misunderstanding: str


@dataclass(frozen=True)
class Persona:
    name: str
    before: Phrases
    after: Phrases = ()


@dataclass(frozen=True)
class Personas:
    therapists: tuple[Persona, ...]
    clients: tuple[Persona, ...]
    scenarios: Phrases


@dataclass(frozen=True)
class Common:
    """Phrases that fit any topic, by the phase of a conversation."""

    hear: Phrases
    lead: Mapping[str, Phrases]
    receive: Mapping[str, Phrases]
    unanswered: Phrases
    unasked: Phrases


@cache
def topics() -> tuple[Topic, ...]:
    return tuple(
        Topic(
            name,
            _phrase_lists(body["slots"]),
            tuple(body["affirm"]),
            *(_exchanges(body[phase]) for phase in ("open", "deepen", "close")),
        )
        for bank in _banks("topics")
        for name, body in bank.items()
    )


@cache
def edge_categories() -> tuple[EdgeCategory, ...]:
    lists = ("challenges", "meet", "ask", "deflect", "say")
    return tuple(
        EdgeCategory(name=name, level=body["level"], **{part: tuple(body[part]) for part in lists})
        for bank in _banks("edge")
        for name, body in bank.items()
    )


@cache
def concepts() -> tuple[Concept, ...]:
    return tuple(
        Concept(
            entry["title"],
            bank["category"],
            entry["sub"],
            tuple(entry["related"]),
            tuple(entry["for"]),
            *(bank["text"][entry["title"]][part] for part in ("is", "use", "not")),
        )
        for bank in _banks("concepts")
        for entry in bank["concepts"]
    )


@cache
def personas() -> Personas:
    bank = _bank("personas.yaml")
    return Personas(
        tuple(_persona(entry) for entry in bank["therapists"]),
        tuple(_persona(entry) for entry in bank["clients"]),
        tuple(bank["scenarios"]),
    )


@cache
def common() -> Common:
    bank = _bank("common.yaml")
    return Common(
        tuple(bank["hear"]),
        _phrase_lists(bank["lead"]),
        _phrase_lists(bank["receive"]),
        tuple(bank["unanswered"]),
        tuple(bank["unasked"]),
    )


def _persona(entry: dict[str, Any]) -> Persona:
    return Persona(entry["name"], tuple(entry["before"]), tuple(entry.get("after", ())))


def _exchanges(entries: list[dict[str, Any]]) -> tuple[Exchange, ...]:
    return tuple(Exchange(entry["say"], tuple(entry["reflect"]), tuple(entry["ask"])) for entry in entries)


def _phrase_lists(lists: dict[str, list[Any]]) -> dict[str, Phrases]:
    return {name: tuple(str(phrase) for phrase in phrases) for name, phrases in lists.items()}


def _banks(folder: str) -> Iterator[dict[str, Any]]:
    names = sorted(entry.name for entry in files(__package__).joinpath("banks", folder).iterdir())
    return (_bank(f"{folder}/{name}") for name in names if name.endswith(".yaml"))


def _bank(path: str) -> dict[str, Any]:
    text = files(__package__).joinpath("banks", path).read_text(encoding="utf-8")
    bank: dict[str, Any] = YAML(typ="safe").load(text)
    return bank
