"""YAML events to plain values, in bounded memory, without tags that build anything.

Words are read by the core schema of YAML 1.2, in which `yes`, `no` and dates are strings.
"""

import re
from collections.abc import Iterator
from math import isinf
from typing import Any

import yaml

from dataset_platform.ingest.formats.json_values import wide_number
from dataset_platform.ingest.rejection import Rejection
from dataset_platform.schemas import QuarantineReason

_MAX_DEPTH = 254
_MAX_NODES = 1_000_000
_NULL = re.compile(r"null|Null|NULL|~|")
_BOOLEAN = re.compile(r"(true|True|TRUE)|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]{1,4000}")  # int() refuses more than 4,300
_OCTAL, _HEXADECIMAL = re.compile(r"0o[0-7]{1,40}"), re.compile(r"0x[0-9a-fA-F]{1,40}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_STRING_TAG = "tag:yaml.org,2002:str"
_CONTAINER_TAGS = (None, "!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


class _Open:
    """A list or an object that is being built."""

    def __init__(self, container: Any, anchor: str | None) -> None:
        self.container = container
        self.anchor = anchor
        self.key: str | None = None
        self.weight = 1


class ValueBuilder:
    """Builds one value after another from events; anchors live as long as the builder."""

    def __init__(self, events: Iterator[Any], max_bytes: int) -> None:
        self._events = events
        self._max_bytes = max_bytes
        self._anchors: dict[str, tuple[Any, int]] = {}

    def value(self, event: Any) -> object:
        """The value that begins with the event, or the Rejection of it; its events are used up either way.

        An alias counts as often as it stands there, so that a value which would
        be larger than the limit when written out is refused before it is. Raises
        Rejection, from which there is no going on, when values are nested too deeply.
        """
        self._problem: Rejection | None = None
        self._nodes = self._weight = 0
        stack: list[_Open] = []
        while True:
            done, value, weight = self._step(event, stack)
            if done and not stack:
                return self._problem or value
            if done:
                self._put(stack[-1], value, weight)
            event = next(self._events)

    def _step(self, event: Any, stack: list[_Open]) -> tuple[bool, Any, int]:
        """Whether the event ends a value, the value, and what it weighs in bytes."""
        match event:
            case yaml.ScalarEvent():
                value = self._scalar(event)
                weight = len(event.value) + 1
                self._grow(weight)
                if event.anchor:
                    self._anchors[event.anchor] = (value, weight)
                return True, value, weight
            case yaml.AliasEvent():
                value, weight = self._anchors.get(event.anchor, (None, 1))
                if event.anchor not in self._anchors:
                    self._reject(QuarantineReason.BAD_SYNTAX, "has an alias of nothing, or of what it is in")
                self._grow(weight)
                return True, value, weight
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                if event.tag not in _CONTAINER_TAGS:
                    self._reject(QuarantineReason.WRONG_TYPE, "has a tag; only plain values are read")
                is_list = isinstance(event, yaml.SequenceStartEvent)
                self._grow(1)
                self._anchors.pop(event.anchor, None)
                stack.append(_Open([] if is_list else {}, event.anchor))
                if len(stack) > _MAX_DEPTH:
                    # libyaml takes time with the square of the depth, so nothing more is read.
                    detail = f"is nested more than {_MAX_DEPTH} levels deep; the rest of the file is not read"
                    raise Rejection(QuarantineReason.TOO_LARGE, detail)
                return False, None, 0
            case _:
                closed = stack.pop()
                if closed.anchor:
                    self._anchors[closed.anchor] = (closed.container, closed.weight)
                return True, closed.container, closed.weight

    def _put(self, parent: _Open, value: Any, weight: int) -> None:
        parent.weight += weight
        if self._problem is not None:
            return
        if isinstance(parent.container, list):
            parent.container.append(value)
        elif parent.key is None:
            parent.key = self._as_key(value)
            if parent.key in parent.container:
                detail = "has an object with one field twice, of which only one could be kept"
                self._reject(QuarantineReason.DUPLICATE_KEY, detail)
        else:
            parent.container[parent.key] = value
            parent.key = None

    def _as_key(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, list | dict):
            self._reject(QuarantineReason.WRONG_TYPE, "has a field whose name is a list or an object")
            return ""
        return {None: "null", True: "true", False: "false"}.get(value, str(value))

    def _scalar(self, event: Any) -> object:
        text = event.value
        if event.tag == _STRING_TAG or (event.tag in (None, "!") and not event.implicit[0]):
            return text
        if event.tag is not None and not event.implicit[0]:
            self._reject(QuarantineReason.WRONG_TYPE, "has a tag; only plain values are read")
        return self._plain(text)

    def _plain(self, text: str) -> object:
        if _NULL.fullmatch(text):
            return None
        if boolean := _BOOLEAN.fullmatch(text):
            return boolean[1] is not None
        for pattern, base in ((_INTEGER, 10), (_OCTAL, 8), (_HEXADECIMAL, 16)):
            if pattern.fullmatch(text):
                return int(text, base)
        if _NO_NUMBER.fullmatch(text):
            self._reject(QuarantineReason.WRONG_TYPE, "holds infinity or what is not a number")
        return self._fraction(float(text)) if _FLOAT.fullmatch(text) else text

    def _fraction(self, number: float) -> float:
        if isinf(number):
            self._problem = self._problem or wide_number()
        return number

    def _grow(self, weight: int) -> None:
        self._nodes += 1
        self._weight += weight
        if self._weight > self._max_bytes or self._nodes > _MAX_NODES:
            limits = f"{self._max_bytes:,} bytes or {_MAX_NODES:,} values"
            self._reject(QuarantineReason.TOO_LARGE, f"is larger than {limits} with its aliases written out")

    def _reject(self, reason: QuarantineReason, detail: str) -> None:
        self._problem = self._problem or Rejection(reason, detail)
