"""YAML: records at places of the documents in a file."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

import yaml

from dataset_platform.ingest.describing.record_paths import Holder, RecordPath, with_key
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.formats.lines import skip_byte_order_mark
from dataset_platform.ingest.formats.yaml_values import ValueBuilder
from dataset_platform.ingest.rejection import PAYLOAD_BYTES, Piece, Rejection, too_large
from dataset_platform.schemas import QuarantineReason


def read_yaml(
    stream: BinaryIO,
    paths: Sequence[RecordPath],
    record_key: str | None,
    max_bytes: int,
    decoder: TextDecoder,
) -> Iterator[Piece]:
    """Every record at one of the paths of every document, in the order of the file.

    The text is held in memory, so a file is at most as large as a record may
    be; its values are built one record at a time. Where the text is no YAML,
    all from the record that holds the fault is one rejected piece.
    """
    offset = skip_byte_order_mark(stream)
    raw = stream.read(max_bytes + 1)
    try:
        if len(raw) > max_bytes:
            raise too_large("a YAML file", max_bytes)
        text = decoder.utf8(raw).decode()
    except Rejection as rejection:
        yield Piece(offset, raw[:PAYLOAD_BYTES], rejection)
        return
    walk = _Walk(text, offset, record_key, max_bytes)
    try:
        yield from walk.records(paths)
    except Rejection as rejection:
        yield walk.rest(rejection)
        return
    except (yaml.YAMLError, UnicodeError) as error:
        yield walk.rest(_syntax_rejection(error))
        return
    if not walk.found_holder:
        yield Piece(offset, raw[:PAYLOAD_BYTES], _without_records(text, paths))


class _Walk:
    """Goes down the documents to their records, once, in order."""

    def __init__(self, text: str, offset: int, record_key: str | None, max_bytes: int) -> None:
        self.found_holder = False
        self._text = text
        self._place = (0, offset)  # a character's index in the text, and its byte's offset in the file
        self._record_key = record_key
        self._max_bytes = max_bytes
        self._events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._builder = ValueBuilder(self._events, max_bytes)

    def records(self, paths: Sequence[RecordPath]) -> Iterator[Piece]:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._builder = ValueBuilder(self._events, self._max_bytes)
                yield from self._below(next(self._events), paths)

    def rest(self, rejection: Rejection) -> Piece:
        """All that follows the last record, as one piece."""
        index, offset = self._place
        return Piece(offset, self._text[index : index + PAYLOAD_BYTES].encode(), rejection)

    def _below(self, event: Any, paths: Sequence[RecordPath]) -> Iterator[Piece]:
        """Records in the value that the event begins, whose paths begin at that value."""
        here = {path.holder for path in paths if not path.fields}
        is_list, is_object = (
            isinstance(event, kind) for kind in (yaml.SequenceStartEvent, yaml.MappingStartEvent)
        )
        self.found_holder |= Holder.ITSELF in here
        if Holder.ITSELF in here:
            yield self._record(event)
        elif is_list and Holder.ARRAY in here:
            self.found_holder = True
            while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
                yield self._record(event)
        elif is_object and Holder.OBJECT in here:
            self.found_holder = True
            while not isinstance(event := next(self._events), yaml.MappingEndEvent):
                key = self._builder.value(event)
                yield self._record(next(self._events), key)
        elif is_object:
            yield from self._object(paths)
        else:
            self._builder.value(event)

    def _object(self, paths: Sequence[RecordPath]) -> Iterator[Piece]:
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._builder.value(event)
            event = next(self._events)
            below = [
                replace(path, fields=path.fields[1:])
                for path in paths
                if path.fields and path.fields[0] == key
            ]
            if below and not isinstance(event, yaml.AliasEvent):
                yield from self._below(event, below)
            else:
                self._builder.value(event)

    def _record(self, event: Any, key: object = None) -> Piece:
        start = event.start_mark.index
        offset = self._offset_of(start)
        content = self._builder.value(event)
        if key is not None and not isinstance(content, Rejection):
            content = with_key(self._record_key, key, content)
        return Piece(offset, self._text[start : start + PAYLOAD_BYTES].encode(), content)

    def _offset_of(self, index: int) -> int:
        last_index, last_offset = self._place
        self._place = (index, last_offset + len(self._text[last_index:index].encode()))
        return self._place[1]


def _syntax_rejection(error: Exception) -> Rejection:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
    mark = getattr(error, "problem_mark", None)
    where = f" in line {mark.line + 1}" if mark else ""
    return Rejection(QuarantineReason.BAD_SYNTAX, f"is no YAML{where}: {problem}")


def _without_records(text: str, paths: Sequence[RecordPath]) -> Rejection:
    if not text.strip():
        return Rejection(QuarantineReason.EMPTY_FILE, "the file holds nothing but white space")
    places = ", ".join(f"`{path}`" for path in paths)
    return Rejection(QuarantineReason.MISSING_FIELD, f"the file has no records at {places}")
