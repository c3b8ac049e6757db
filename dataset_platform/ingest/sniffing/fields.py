"""What the fields of a sample hold, and which of them are said, by whom and about what."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dataset_platform.ingest.describing.queries import FieldPath
from dataset_platform.ingest.sniffing.words import (
    ABOUT_FIELDS,
    CONTENT_FIELDS,
    REFUSED_FIELDS,
    SPEAKER_FIELDS,
    UNIQUE_FIELDS,
    side,
    speaks_of,
    words,
)

Record = Any
"""An object or a list, as JSON has them."""

MOSTLY = 0.9
"""Share of a sample that a field must have to be what we take it for."""

_DEPTH = 3
_MOST_LABELS = 50
_LABEL_LENGTH = 40
_MOST_KEPT = 12
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
        alone = len(words(self.name)) == 1
        return speaks_of(self.name, topic) * (1 + alone) - 2 * speaks_of(self.name, ABOUT_FIELDS - topic)


def fields(records: Sequence[Record]) -> list[Field]:
    """The fields that hold text in some of the records."""
    found: dict[str, dict[int, str]] = {}
    for place, record in enumerate(records):
        for name, value in record.items() if isinstance(record, dict) else ():
            texts = found.setdefault(name, {})
            if (text := _text(value)) is not None:
                texts[place] = text
    return [
        Field(name, tuple(texts.values()), tuple(texts), len(records))
        for name, texts in found.items()
        if texts and words(name)
    ]


def _text(value: object) -> str | None:
    """A string, or OpenAI's parts of one put together."""
    if isinstance(value, list) and value and all(isinstance(part, dict) and "type" in part for part in value):
        return "".join(str(part.get("text", "")) for part in value)
    return value if isinstance(value, str) else None


def speaker_field(turns: Sequence[Record]) -> Field | None:
    """The field that says who speaks, by its name or by names in it that tell a role."""
    return max(
        (field for field in fields(turns) if field.is_in_most and _speaker_score(field) >= 1),
        key=_speaker_score,
        default=None,
    )


def number_field(turns: Sequence[Record]) -> str | None:
    """The field that tells speakers apart by a number, by its name."""
    numbers: Counter[str] = Counter()
    for turn in turns:
        numbers.update({name: isinstance(value, int) for name, value in turn.items()})
    in_most = (name for name, times in numbers.items() if times >= MOSTLY * len(turns))
    return next((name for name in in_most if speaks_of(name, SPEAKER_FIELDS)), None)


def _speaker_score(field: Field) -> float:
    names = {text.strip() for text in field.texts}
    told = sum(side(text) is not None for text in field.texts) / len(field.texts)
    few = len(names) <= _MOST_SPEAKERS
    named = speaks_of(field.name, SPEAKER_FIELDS) and not speaks_of(field.name, ABOUT_FIELDS - {"id"})
    return 2 * told * few + named


def content_field(turns: Sequence[Record], but: str | None = None) -> Field | None:
    """The field that says what is said: one that is called so, or else the longest with words in it.

    One that is called so may be empty in some turns, as in those that call a tool.
    """
    wanted = [
        field
        for field in fields(turns)
        if field.name != but
        and 2 * len(field.texts) >= field.of
        and (field.rank(CONTENT_FIELDS) > 0 or (field.is_wordy and field.is_in_most))
    ]
    return max(wanted, key=lambda field: (field.rank(CONTENT_FIELDS), field.mean_length), default=None)


@dataclass(frozen=True)
class Lists:
    """The lists that records of a sample hold at one path, and in which records they are."""

    path: FieldPath
    values: tuple[list[Any], ...]
    places: tuple[int, ...]

    @property
    def by_place(self) -> dict[int, list[Any]]:
        return dict(zip(self.places, self.values, strict=True))


def lists(records: Iterable[Record]) -> list[Lists]:
    """Every path at which records hold lists with anything in them."""
    found: dict[FieldPath, dict[int, list[Any]]] = {}
    for place, record in enumerate(records):
        for path, value in _lists(record, ()):
            found.setdefault(path, {})[place] = value
    return [Lists(path, tuple(values.values()), tuple(values)) for path, values in found.items()]


def _lists(record: Record, above: FieldPath) -> Iterator[tuple[FieldPath, list[Any]]]:
    if isinstance(record, list):
        if record:
            yield above, record
        return
    for name, value in record.items() if isinstance(record, dict) and len(above) < _DEPTH else ():
        if words(name) and not speaks_of(name, REFUSED_FIELDS):
            yield from _lists(value, (*above, name))


def labels(turns: Sequence[Record], but: set[str]) -> list[FieldPath]:
    """Where turns carry labels: short values of which there are few, such as a strategy or a feeling."""
    found: dict[FieldPath, set[str]] = {}
    for turn in turns:
        for path, value in _scalars(turn, ()):
            found.setdefault(path, set()).add(value)
    return sorted(
        path
        for path, values in found.items()
        if path[0] not in but
        and not speaks_of(path[-1], UNIQUE_FIELDS)
        and 1 < len(values) <= _MOST_LABELS
        and sum(map(len, values)) <= _LABEL_LENGTH * len(values)
    )[:_MOST_KEPT]


def _scalars(turn: Record, above: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    for name, value in turn.items():
        if isinstance(value, dict) and not above:
            yield from _scalars(value, (name,))
        elif isinstance(value, str | int | float):
            yield (*above, name), str(value)
