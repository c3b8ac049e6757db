"""From a record as read to the conversation it is."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from dataset_platform.ingest.description import SourceDescription
from dataset_platform.ingest.json_values import canonical
from dataset_platform.ingest.queries import FieldPath
from dataset_platform.ingest.rejection import Rejection, kind
from dataset_platform.ingest.turns import Record, RoleNames, TurnReader, Turns, turn_reader
from dataset_platform.schemas import QuarantineReason


class Conversation(NamedTuple):
    conversation_id: str
    turns: Turns
    attributes: str


class Interpreter:
    """Reads records as one source's description says."""

    def __init__(self, description: SourceDescription) -> None:
        roles = RoleNames(description.roles)
        self._id_prefix = description.name.encode() + b"\0"
        self._kept_fields = description.attributes
        self._shapes = [
            (reader, reader.applies, tuple(reader.taken))
            for reader in (turn_reader(shape, roles) for shape in description.turns)
        ]

    def conversation(self, record: object) -> Conversation:
        """The conversation in a record; raises Rejection when there is none to be had.

        Its id is the SHA-256 of the source's name, a NUL byte and the record's
        canonical JSON, so two records of a source share an id only when they are equal.
        """
        if not isinstance(record, dict):
            raise Rejection(QuarantineReason.WRONG_TYPE, f"is {kind(record)}, not an object")
        reader, taken = self._shape_of(record)
        turns = reader.turns(record)
        identity = hashlib.sha256(self._id_prefix + canonical(record)).hexdigest()
        return Conversation(identity, turns, canonical(self._attributes(record, taken)).decode())

    def _shape_of(self, record: Record) -> tuple[TurnReader, tuple[FieldPath, ...]]:
        for reader, applies, taken in self._shapes:
            if applies(record):
                return reader, taken
        names = ", ".join(f"`{name}`" for reader, _, _ in self._shapes for name in reader.names)
        raise Rejection(QuarantineReason.MISSING_FIELD, f"has none of {names}")

    def _attributes(self, record: Record, taken: Sequence[FieldPath]) -> Record:
        if self._kept_fields is not None:
            return {name: record[name] for name in self._kept_fields if name in record}
        for path in taken:
            record = _without(record, path)
        return record


def _without(value: Any, path: FieldPath) -> Any:
    """A copy of nested objects that lacks the field at the end of the path."""
    if not isinstance(value, dict) or path[0] not in value:
        return value
    rest = {name: below for name, below in value.items() if name != path[0]}
    if len(path) > 1:
        rest[path[0]] = _without(value[path[0]], path[1:])
    return rest
