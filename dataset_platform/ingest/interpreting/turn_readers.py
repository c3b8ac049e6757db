"""From a described shape to its reader."""

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from dataset_platform.ingest.describing.queries import FieldPath, Query, Template
from dataset_platform.ingest.describing.turn_shapes import LabelledText, TurnFields, TurnList, TurnTemplates
from dataset_platform.ingest.interpreting.turn_lists import NamedSpeakers, OrderedSpeakers
from dataset_platform.ingest.interpreting.turns import (
    NOTHING_KEPT,
    AtOnePlace,
    RoleNames,
    TurnReader,
    Turns,
    text,
)
from dataset_platform.ingest.rejection import Rejection
from dataset_platform.schemas import QuarantineReason


@singledispatch
def turn_reader(shape: Any, roles: RoleNames) -> TurnReader:  # noqa: ARG001
    """The reader of a described shape."""
    raise TypeError(f"no reader for {type(shape).__name__}")


@turn_reader.register
def _(shape: TurnList, roles: RoleNames) -> TurnReader:
    at, content, role = Query(shape.at), Query(shape.content), Query(shape.role)
    keep = tuple(Query(query) for query in shape.keep)
    if shape.speakers:
        return OrderedSpeakers(at, content, keep, role, tuple(role.value for role in shape.speakers))
    return NamedSpeakers(at, content, keep, role, roles)


@turn_reader.register
def _(shape: TurnFields, roles: RoleNames) -> TurnReader:  # noqa: ARG001
    roles_of = [turn.role.value for turn in shape.turns]
    return _FieldsReader(roles_of, tuple(Query(turn.content) for turn in shape.turns))


@turn_reader.register
def _(shape: LabelledText, roles: RoleNames) -> TurnReader:
    return _TextReader(Query(shape.at), roles, shape.heading)


@turn_reader.register
def _(shape: TurnTemplates, roles: RoleNames) -> TurnReader:  # noqa: ARG001
    return _TemplateReader(
        {name: Query(query) for name, query in shape.values.items()},
        [turn.role.value for turn in shape.turns],
        tuple(Template(turn.text) for turn in shape.turns),
    )


@dataclass(frozen=True)
class _FieldsReader:
    roles: list[str]
    fields: tuple[Query, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(query.text for query in self.fields)

    @property
    def taken(self) -> tuple[FieldPath, ...]:
        return tuple(path for query in self.fields for path in query.field_paths())

    def fits(self, record: Any) -> bool:
        return all(isinstance(query.ask(record), str) for query in self.fields)

    def applies(self, record: Any) -> bool:
        return any(query.ask(record) is not None for query in self.fields)

    def turns(self, record: Any) -> Turns:
        return Turns(self.roles, [text(query.ask(record), query.text) for query in self.fields], NOTHING_KEPT)


@dataclass(frozen=True)
class _TextReader(AtOnePlace):
    roles: RoleNames
    heading: str | None

    def fits(self, record: Any) -> bool:
        return isinstance(self.at.ask(record), str)

    def turns(self, record: Any) -> Turns:
        """Space around a turn separates it from the next and is left out.

        Only mapped names begin a turn: any other word with a colon may be
        part of what is said.
        """
        whole = text(self.at.ask(record), self.at.text)
        labels = list(self.roles.label.finditer(whole))
        heading = whole[: labels[0].start()].strip() if labels else whole
        if not labels or (heading and self.heading is None):
            detail = f"`{self.at.text}` does not begin with a role name that is mapped, followed by a colon"
            raise Rejection(QuarantineReason.UNKNOWN_ROLE, detail)
        ends = [label.start() for label in labels[1:]] + [len(whole)]
        contents = [whole[label.end() : end].strip() for label, end in zip(labels, ends, strict=True)]
        beside = {self.heading: heading} if self.heading and heading else {}
        return Turns([self.roles.role(label["name"]) for label in labels], contents, NOTHING_KEPT, beside)


@dataclass(frozen=True)
class _TemplateReader:
    values: dict[str, Query]
    roles: list[str]
    templates: tuple[Template, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(query.text for query in self.values.values())

    @property
    def taken(self) -> tuple[FieldPath, ...]:
        """Fields that are a turn by themselves; those that a sentence only mentions stay attributes."""
        whole = [template.places[0] for template in self.templates if template.is_one_value]
        return tuple(path for name in whole for path in self.values[name].field_paths())

    def fits(self, record: Any) -> bool:
        return all(isinstance(query.ask(record), str) for query in self.values.values())

    def applies(self, record: Any) -> bool:
        return any(query.ask(record) is not None for query in self.values.values())

    def turns(self, record: Any) -> Turns:
        values = {name: text(query.ask(record), query.text) for name, query in self.values.items()}
        return Turns(self.roles, [template.fill(values) for template in self.templates], NOTHING_KEPT)
