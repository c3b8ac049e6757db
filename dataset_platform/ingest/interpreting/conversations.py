"""From a record as read to the conversation it is."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from dataset_platform.ingest.describing.description import SourceDescription
from dataset_platform.ingest.describing.queries import FieldPath
from dataset_platform.ingest.formats.json_values import canonical
from dataset_platform.ingest.interpreting.turn_readers import turn_reader
from dataset_platform.ingest.interpreting.turns import Record, RoleNames, TurnReader, Turns
from dataset_platform.ingest.rejection import Piece, Rejection, kind
from dataset_platform.schemas import QuarantineReason

PER_TURN_FIELD = "per_turn"
"""Attribute that holds what a description keeps of each turn."""


class Conversation(NamedTuple):
    conversation_id: str
    turns: Turns
    attributes: str


class _Shape(NamedTuple):
    reader: TurnReader
    taken: tuple[FieldPath, ...]
    taken_whole: frozenset[str]


class Interpreter:
    """Reads records as one source's description says."""

    def __init__(self, description: SourceDescription) -> None:
        roles = RoleNames(description.roles)
        self._identity = hashlib.sha256(description.name.encode() + b"\0")
        self._kept_fields = description.attributes
        self._shapes = [_shape(turn_reader(shape, roles)) for shape in description.turns]
        self._only_shape = self._shapes[0] if len(self._shapes) == 1 else None

    def conversation(self, piece: Piece) -> Conversation:
        """The conversation in a record; raises Rejection when there is none to be had.

        Its id is the SHA-256 of the source's name, a NUL byte and the record's
        canonical JSON, so two records of a source share an id only when they are equal.
        """
        record = piece.content
        if isinstance(record, Rejection):
            raise record
        shape, turns = self._read(record)
        identity = self._identity.copy()
        identity.update(piece.canonical or canonical(record))
        attributes = self._attributes(record, shape) if isinstance(record, dict) else {}
        if turns.kept:
            attributes = _with(attributes, PER_TURN_FIELD, turns.kept, "`keep` stores what each turn has")
        for name, value in turns.beside.items():
            attributes = _with(attributes, name, value, "`heading` stores what comes before the turns")
        return Conversation(identity.hexdigest(), turns, canonical(attributes).decode())

    def is_conversation(self, record: object) -> bool:
        """Whether a value is a record that gives a conversation."""
        try:
            self.conversation(Piece(None, b"", record))
        except Rejection:
            return False
        return True

    def _read(self, record: object) -> tuple[_Shape, Turns]:
        """The shape of the record and its turns.

        The first shape that fits is read; when none does, the first that the
        record shows in part tells what is wrong.
        """
        if not isinstance(record, dict | list):
            raise Rejection(QuarantineReason.WRONG_TYPE, f"is {kind(record)}, not an object")
        shape = self._only_shape or self._fitting_shape(record)
        try:
            return shape, shape.reader.turns(record)
        except Rejection:
            self._refuse_unlike(record)
            raise

    def _fitting_shape(self, record: object) -> _Shape:
        for shape in self._shapes:
            if shape.reader.fits(record):
                return shape
        return next((shape for shape in self._shapes if shape.reader.applies(record)), self._shapes[0])

    def _refuse_unlike(self, record: object) -> None:
        """Raises Rejection for a record that shows no shape at all."""
        if any(shape.reader.applies(record) for shape in self._shapes):
            return
        if isinstance(record, list):
            raise Rejection(QuarantineReason.WRONG_TYPE, "is a list, not an object")
        names = ", ".join(f"`{name}`" for shape in self._shapes for name in shape.reader.names)
        raise Rejection(QuarantineReason.MISSING_FIELD, f"has none of {names}")

    def _attributes(self, record: Record, shape: _Shape) -> Record:
        if self._kept_fields is not None:
            return {name: record[name] for name in self._kept_fields if name in record}
        rest = record.copy()
        for name in shape.taken_whole:
            rest.pop(name, None)
        for path in shape.taken:
            rest = _without(rest, path)
        return rest


def _shape(reader: TurnReader) -> _Shape:
    whole = frozenset(path[0] for path in reader.taken if len(path) == 1)
    return _Shape(reader, tuple(path for path in reader.taken if path[0] not in whole), whole)


def _with(attributes: Record, name: str, value: object, what: str) -> Record:
    if name in attributes:
        raise Rejection(QuarantineReason.WRONG_TYPE, f"has a field `{name}`, which is where {what}")
    return {**attributes, name: value}


def _without(value: Any, path: Sequence[str]) -> Any:
    """A copy of nested objects that lacks the field at the end of the path."""
    if not isinstance(value, dict) or path[0] not in value:
        return value
    rest = {name: below for name, below in value.items() if name != path[0]}
    if len(path) > 1:
        rest[path[0]] = _without(value[path[0]], path[1:])
    return rest
