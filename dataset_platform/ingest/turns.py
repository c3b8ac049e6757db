"""From a record to who says what: one reader for each shape that turns come in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Protocol

from dataset_platform.ingest.description import folded_name
from dataset_platform.ingest.queries import FieldPath, Query, Template
from dataset_platform.ingest.rejection import Rejection, kind
from dataset_platform.ingest.turn_shapes import LabelledText, TurnFields, TurnList, TurnTemplates
from dataset_platform.schemas import QuarantineReason, Role

Record = dict[str, Any]
Turns = list[tuple[str, str]]
"""Role and content, in order; never empty."""

_SHOWN_ROLE_CHARACTERS = 40


class TurnReader(Protocol):
    """Reads one shape."""

    @property
    def names(self) -> tuple[str, ...]:
        """The queries that it needs, as the description words them."""

    @property
    def taken(self) -> tuple[FieldPath, ...]:
        """The fields that turns are taken from, which are no attributes."""

    def applies(self, record: Record) -> bool:
        """Whether the record shows this shape, be it only in part."""

    def turns(self, record: Record) -> Turns:
        """The turns; raises Rejection when the shape is broken."""


class RoleNames:
    """The source's names for who speaks."""

    def __init__(self, roles: Mapping[str, Role]) -> None:
        folded = {folded_name(name): role.value for name, role in roles.items()}
        self._roles = folded | {name: role.value for name, role in roles.items()}
        self.label = re.compile(
            rf"^[ \t]*({'|'.join(re.escape(name.strip()) for name in roles)})[ \t]*:[ \t]*",
            re.IGNORECASE | re.MULTILINE,
        )

    def role(self, name: str) -> str:
        """user, assistant or system; raises Rejection for a name that the description does not map."""
        role = self._roles.get(name)
        if role is None:
            role = self._roles.get(folded_name(name))
        if role is None:
            shown = name[:_SHOWN_ROLE_CHARACTERS]
            detail = f"role {shown!r} is not known; map it under `roles` in the source's description"
            raise Rejection(QuarantineReason.UNKNOWN_ROLE, detail)
        return role


def text(value: object, name: str, place: str = "") -> str:
    """The value when it is a string; raises Rejection, naming the query and the place, otherwise."""
    if isinstance(value, str):
        return value
    if value is None:
        raise Rejection(QuarantineReason.MISSING_FIELD, f"{place}`{name}` is missing or null")
    raise Rejection(QuarantineReason.WRONG_TYPE, f"{place}`{name}` is {kind(value)}, not a string")


@singledispatch
def turn_reader(shape: Any, roles: RoleNames) -> TurnReader:  # noqa: ARG001
    """The reader of a described shape."""
    raise TypeError(f"no reader for {type(shape).__name__}")


@turn_reader.register
def _(shape: TurnList, roles: RoleNames) -> TurnReader:
    return _ListReader(Query(shape.at), Query(shape.role), Query(shape.content), roles)


@turn_reader.register
def _(shape: TurnFields, roles: RoleNames) -> TurnReader:  # noqa: ARG001
    return _FieldsReader(tuple((turn.role.value, Query(turn.content)) for turn in shape.turns))


@turn_reader.register
def _(shape: LabelledText, roles: RoleNames) -> TurnReader:
    return _TextReader(Query(shape.at), roles)


@turn_reader.register
def _(shape: TurnTemplates, roles: RoleNames) -> TurnReader:  # noqa: ARG001
    return _TemplateReader(
        {name: Query(query) for name, query in shape.values.items()},
        tuple((turn.role.value, Template(turn.text)) for turn in shape.turns),
    )


@dataclass(frozen=True)
class _AtOnePlace:
    """What readers share whose turns all lie at one place of the record."""

    at: Query

    @property
    def names(self) -> tuple[str, ...]:
        return (self.at.text,)

    @property
    def taken(self) -> tuple[FieldPath, ...]:
        return self.at.field_paths()

    def applies(self, record: Record) -> bool:
        return self.at.ask(record) is not None


@dataclass(frozen=True)
class _ListReader(_AtOnePlace):
    role: Query
    content: Query
    roles: RoleNames

    def turns(self, record: Record) -> Turns:
        entries = self.at.ask(record)
        if not isinstance(entries, list):
            raise Rejection(QuarantineReason.WRONG_TYPE, f"`{self.at.text}` is {kind(entries)}, not a list")
        if not entries:
            raise Rejection(QuarantineReason.MISSING_FIELD, f"`{self.at.text}` is an empty list")
        return [self._turn(entry, number) for number, entry in enumerate(entries)]

    def _turn(self, entry: object, number: int) -> tuple[str, str]:
        if not isinstance(entry, dict):
            raise Rejection(QuarantineReason.WRONG_TYPE, f"turn {number} is {kind(entry)}, not an object")
        role = self.role.ask(entry)
        content = self.content.ask(entry)
        if isinstance(role, str) and isinstance(content, str):  # nearly always: no message is built
            return self.roles.role(role), content
        place = f"turn {number}: "
        return self.roles.role(text(role, self.role.text, place)), text(content, self.content.text, place)


@dataclass(frozen=True)
class _FieldsReader:
    fields: tuple[tuple[str, Query], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(query.text for _, query in self.fields)

    @property
    def taken(self) -> tuple[FieldPath, ...]:
        return tuple(path for _, query in self.fields for path in query.field_paths())

    def applies(self, record: Record) -> bool:
        return any(query.ask(record) is not None for _, query in self.fields)

    def turns(self, record: Record) -> Turns:
        return [(role, text(query.ask(record), query.text)) for role, query in self.fields]


@dataclass(frozen=True)
class _TextReader(_AtOnePlace):
    roles: RoleNames

    def turns(self, record: Record) -> Turns:
        """Space around a turn separates it from the next and is left out.

        Only mapped names begin a turn: any other word with a colon may be
        part of what is said.
        """
        whole = text(self.at.ask(record), self.at.text)
        labels = list(self.roles.label.finditer(whole))
        before = whole[: labels[0].start()] if labels else whole
        if before.strip() or not labels:
            detail = f"`{self.at.text}` does not begin with a role name that is mapped, followed by a colon"
            raise Rejection(QuarantineReason.UNKNOWN_ROLE, detail)
        ends = [label.start() for label in labels[1:]] + [len(whole)]
        return [
            (self.roles.role(label[1]), whole[label.end() : end].strip())
            for label, end in zip(labels, ends, strict=True)
        ]


@dataclass(frozen=True)
class _TemplateReader:
    values: dict[str, Query]
    templates: tuple[tuple[str, Template], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(query.text for query in self.values.values())

    @property
    def taken(self) -> tuple[FieldPath, ...]:
        """Fields that are a turn by themselves; those that a sentence only mentions stay attributes."""
        whole = [template.places[0] for _, template in self.templates if template.is_one_value]
        return tuple(path for name in whole for path in self.values[name].field_paths())

    def applies(self, record: Record) -> bool:
        return any(query.ask(record) is not None for query in self.values.values())

    def turns(self, record: Record) -> Turns:
        values = {name: text(query.ask(record), query.text) for name, query in self.values.items()}
        return [(role, template.fill(values)) for role, template in self.templates]
