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
    """A field's values in a sample of `of` records, as far as they are strings."""

    name: str
    texts: tuple[str, ...]
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
    found = (
        Field(name, tuple(r[name] for r in records if isinstance(r.get(name), str)), len(records))
        for name in names
    )
    return [field for field in found if field.texts]


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


def lists(records: Iterable[Record]) -> dict[Path, list[list[Any]]]:
    """Where the records hold lists with anything in them, and those lists."""
    found: dict[Path, list[list[Any]]] = {}
    for record in records:
        for path, value in _lists(record, ()):
            found.setdefault(path, []).append(value)
    return found


def _lists(record: Record, above: Path) -> Iterator[tuple[Path, list[Any]]]:
    for name, value in record.items():
        if not words(name) or speaks_of(name, REFUSED_FIELDS):
            continue
        if isinstance(value, list) and value:
            yield (*above, name), value
        elif isinstance(value, dict) and len(above) < _DEPTH - 1:
            yield from _lists(value, (*above, name))
