"""What the fields of a sample hold, and which of them are said, by whom and about what."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataset_platform.ingest.sniffing.words import (
    ABOUT_FIELDS,
    CONTENT_FIELDS,
    REFUSED_FIELDS,
    SPEAKER_FIELDS,
    side,
    speaks_of,
    words,
)

Record = Mapping[str, Any]
Path = tuple[str, ...]

MOSTLY = 0.9
"""Share of a sample that a field must have to be what we take it for."""

_DEPTH = 3
_MOST_SPEAKERS = 12


@dataclass(frozen=True)
class Field:
    """A field's values in a sample of `of` records, as far as they are strings, and in which they are."""

    name: str
    texts: tuple[str, ...]
    places: tuple[int, ...]
    of: int

    @property
    def is_in_most(self) -> bool:
        return len(self.texts) >= MOSTLY * self.of

    @property
    def mean_length(self) -> float:
        return sum(map(len, self.texts)) / max(1, len(self.texts))

    @property
    def is_wordy(self) -> bool:
        return sum(" " in text.strip() for text in self.texts) >= 0.3 * len(self.texts)

    def rank(self, topic: frozenset[str]) -> int:
        """How much its name promises that it holds what the topic's words stand for."""
        exact = "".join(words(self.name)) in topic or words(self.name)[:1] == words(self.name)[-1:]
        return speaks_of(self.name, topic) * (1 + exact) - 2 * speaks_of(self.name, ABOUT_FIELDS - topic)


def fields(records: Sequence[Record]) -> list[Field]:
    """The fields that hold text in some of the records."""
    names = dict.fromkeys(name for record in records for name in record if words(name))
    found = (_field(name, records) for name in names)
    return [field for field in found if field.texts]


def _field(name: str, records: Sequence[Record]) -> Field:
    places = tuple(n for n, record in enumerate(records) if isinstance(record.get(name), str))
    return Field(name, tuple(records[place][name] for place in places), places, len(records))


def speaker_field(turns: Sequence[Record]) -> Field | None:
    """The field that says who speaks, by its name or by names in it that tell a role."""
    return max(
        (field for field in fields(turns) if field.is_in_most and _speaker_score(field) >= 1),
        key=_speaker_score,
        default=None,
    )


def _speaker_score(field: Field) -> float:
    names = {text.strip() for text in field.texts}
    told = sum(side(text) is not None for text in field.texts) / len(field.texts)
    few = len(names) <= _MOST_SPEAKERS
    named = speaks_of(field.name, SPEAKER_FIELDS) and not speaks_of(field.name, ABOUT_FIELDS - {"id"})
    return 2 * told * few + named


def content_field(turns: Sequence[Record], but: str | None = None) -> Field | None:
    """The field that says what is said: one that is called so, or else the longest with words in it."""
    wanted = [
        field
        for field in fields(turns)
        if field.name != but and field.is_in_most and (field.rank(CONTENT_FIELDS) > 0 or field.is_wordy)
    ]
    return max(wanted, key=lambda field: (field.rank(CONTENT_FIELDS), field.mean_length), default=None)


@dataclass(frozen=True)
class Lists:
    """The lists that records of a sample hold at one path, and in which records they are."""

    path: Path
    values: tuple[list[Any], ...]
    places: tuple[int, ...]


def lists(records: Iterable[Record]) -> list[Lists]:
    """Every path at which records hold lists with anything in them."""
    found: dict[Path, dict[int, list[Any]]] = {}
    for place, record in enumerate(records):
        for path, value in _lists(record, ()):
            found.setdefault(path, {})[place] = value
    return [Lists(path, tuple(values.values()), tuple(values)) for path, values in found.items()]


def _lists(record: Record, above: Path) -> Iterator[tuple[Path, list[Any]]]:
    for name, value in record.items():
        if not words(name) or speaks_of(name, REFUSED_FIELDS):
            continue
        if isinstance(value, list) and value:
            yield (*above, name), value
        elif isinstance(value, dict) and len(above) < _DEPTH - 1:
            yield from _lists(value, (*above, name))
