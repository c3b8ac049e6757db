"""Who says what in a record, and what every way of reading it has in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from dataset_platform.ingest.describing.description import folded_name
from dataset_platform.ingest.describing.labels import label_of
from dataset_platform.ingest.describing.queries import FieldPath, Query
from dataset_platform.ingest.rejection import Rejection, kind
from dataset_platform.schemas import QuarantineReason, Role

Record = dict[str, Any]

_SHOWN_ROLE_CHARACTERS = 40


class Turns(NamedTuple):
    """Roles and contents in order, of equal length, never empty.

    `kept` holds what the description keeps of each turn, one list for each query; `beside` the attributes
    that come of where the turns stand, and of no field.
    """

    roles: list[str]
    contents: list[str]
    kept: Mapping[str, list[Any]]
    beside: Mapping[str, str] = {}


NOTHING_KEPT: Mapping[str, list[Any]] = {}


class TurnReader(Protocol):
    """Reads one shape."""

    @property
    def names(self) -> tuple[str, ...]:
        """The queries that it needs, as the description words them."""

    @property
    def taken(self) -> tuple[FieldPath, ...]:
        """The fields that turns are taken from, which are no attributes."""

    def fits(self, record: Any) -> bool:
        """Whether what the shape looks for is there and has the right type."""

    def applies(self, record: Any) -> bool:
        """Whether the record shows this shape, be it only in part."""

    def turns(self, record: Any) -> Turns:
        """The turns; raises Rejection when the shape is broken."""


@dataclass(frozen=True)
class AtOnePlace:
    """What readers share whose turns all lie at one place of the record."""

    at: Query

    @property
    def names(self) -> tuple[str, ...]:
        return (self.at.text,)

    @property
    def taken(self) -> tuple[FieldPath, ...]:
        return self.at.field_paths()

    def applies(self, record: Any) -> bool:
        return self.at.ask(record) is not None


class RoleNames:
    """The source's names for who speaks."""

    def __init__(self, roles: Mapping[str, Role]) -> None:
        folded = {folded_name(name): role.value for name, role in roles.items()}
        self.mapped = folded | {name: role.value for name, role in roles.items()}
        self.label = label_of(roles)

    def role(self, name: str) -> str:
        """user, assistant or system; raises Rejection for a name that the description does not map."""
        role = self.mapped.get(name)
        if role is None:
            role = self.mapped.get(folded_name(name))
        if role is None:
            shown = name[:_SHOWN_ROLE_CHARACTERS]
            detail = f"role {shown!r} is not known; map it under `roles` in the source's description"
            raise Rejection(QuarantineReason.UNKNOWN_ROLE, detail)
        return role


def text(value: object, name: str, place: str = "") -> str:
    """The value when it is a string; raises Rejection, naming the query and the place, otherwise."""
    if isinstance(value, str):
        return value
    where = f"{place}: `{name}`" if place else f"`{name}`"
    if value is None:
        raise Rejection(QuarantineReason.MISSING_FIELD, f"{where} is missing or null")
    raise Rejection(QuarantineReason.WRONG_TYPE, f"{where} is {kind(value)}, not a string")
