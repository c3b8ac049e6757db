"""Questions that a description asks of a record: JMESPath queries and sentence templates."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from string import Formatter
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from dataset_platform.ingest.rejection import Rejection
from dataset_platform.schemas import QuarantineReason

FieldPath = tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """A JMESPath expression; `||` separates alternatives, `a.b` goes down."""

    text: str

    def check(self) -> None:
        """Raises ValueError in one line when the expression is none."""
        try:
            jmespath.compile(self.text)
        except JMESPathError as error:
            raise ValueError(f"`{self.text}` is no JMESPath query: {_cause(error)}") from None

    @cached_property
    def ask(self) -> Callable[[Any], Any]:
        """What the query finds in a value, None where it finds nothing.

        Raises Rejection where the value has types that the query cannot work on.

        A chain of field names is looked up directly: JMESPath's interpreter takes
        ten times as long, and most queries are field names.
        """
        expression = jmespath.compile(self.text)
        if self.field_name is not None:
            name = self.field_name
            return lambda value: value.get(name) if isinstance(value, dict) else None
        if self.field_path is not None:
            return partial(_look_up, self.field_path)

        def search(value: Any) -> Any:
            try:
                return expression.search(value)
            except JMESPathError:  # its message shows the value
                detail = f"`{self.text}` does not fit the types it meets"
                raise Rejection(QuarantineReason.WRONG_TYPE, detail) from None

        return search

    @cached_property
    def field_name(self) -> str | None:
        """The field that the query names, when that is all it does."""
        path = self.field_path
        return path[0] if path is not None and len(path) == 1 else None

    @cached_property
    def field_path(self) -> FieldPath | None:
        """The chain of names from the record down that the query is, when that is all."""
        return _chain(jmespath.compile(self.text).parsed)

    def field_paths(self) -> tuple[FieldPath, ...]:
        """The fields that the query reads, as chains of names from the record down."""
        return tuple(_field_paths(jmespath.compile(self.text).parsed))


def _look_up(path: FieldPath, value: Any) -> Any:
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _cause(error: JMESPathError) -> str:
    """The first line of the message, without what it says of every expression."""
    message = str(error).splitlines()[0]
    return re.sub(r"(?i)^(invalid|bad) jmespath expression: |,? ?(for expression)?:$", "", message)


def _field_paths(node: Mapping[str, Any]) -> Iterator[FieldPath]:
    chain = _chain(node)
    if chain is not None:
        yield chain
    else:
        for child in node["children"]:
            if isinstance(child, Mapping):
                yield from _field_paths(child)


def _chain(node: Mapping[str, Any]) -> FieldPath | None:
    if node["type"] == "field":
        return (node["value"],)
    if node["type"] == "subexpression":
        chains = [_chain(child) for child in node["children"]]
        if None not in chains:
            return tuple(name for chain in chains if chain is not None for name in chain)
    return None


@dataclass(frozen=True)
class Template:
    """A sentence with `{name}` places, as in `str.format` but without attributes, indexes or formats.

    `{{` and `}}` stand for braces.
    """

    text: str

    @cached_property
    def parts(self) -> tuple[tuple[str, str | None], ...]:
        """Literal text and the place that follows it. Raises ValueError when a place is more than a name."""
        parts = []
        for literal, place, spec, conversion in Formatter().parse(self.text):
            if place is not None and (spec or conversion or not place.isidentifier()):
                raise ValueError(f"`{{{place}}}` may only be a name, without attributes, indexes or formats")
            parts.append((literal, place))
        return tuple(parts)

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(place for _, place in self.parts if place is not None)

    @property
    def is_one_value(self) -> bool:
        """Whether the template is a single place and nothing else."""
        return len(self.parts) == 1 and self.parts[0][0] == "" and self.parts[0][1] is not None

    def fill(self, values: Mapping[str, str]) -> str:
        """The sentence; space at its ends goes where an empty value left it there."""
        filled = "".join(literal + (values[place] if place else "") for literal, place in self.parts)
        return filled if all(values[place] for place in self.places) else filled.strip()
