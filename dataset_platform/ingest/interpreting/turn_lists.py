"""Turns that are the entries of a list."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dataset_platform.ingest.describing.queries import Query
from dataset_platform.ingest.interpreting.turns import NOTHING_KEPT, AtOnePlace, RoleNames, Turns, text
from dataset_platform.ingest.rejection import Rejection, kind
from dataset_platform.schemas import QuarantineReason

RoleOf = Callable[[Any, str], str]
"""The role of an entry; the string says where the entry stands, for messages."""

_ALL_STRINGS = {str}
_TEXT_PARTS = ("text", "input_text", "output_text")


@dataclass(frozen=True)
class _TurnList(AtOnePlace, ABC):
    content: Query
    keep: tuple[Query, ...]
    role: Query

    @abstractmethod
    def role_reader(self) -> RoleOf:
        """Roles of one conversation's entries, asked in their order."""

    def fits(self, record: Any) -> bool:
        entries = self.at.ask(record)
        return isinstance(entries, list) and bool(entries)

    def turns(self, record: Any) -> Turns:
        entries = self.at.ask(record)
        if not isinstance(entries, list):
            raise Rejection(QuarantineReason.WRONG_TYPE, f"`{self.at.text}` is {kind(entries)}, not a list")
        if not entries:
            raise Rejection(QuarantineReason.MISSING_FIELD, f"`{self.at.text}` is an empty list")
        role_of = self.role_reader()
        roles, contents = [], []
        for number, entry in enumerate(entries):
            place = f"turn {number}"
            roles.append(role_of(entry, place))
            contents.append(self._content(entry, place))
        return Turns(roles, contents, self.kept(entries))

    def kept(self, entries: Sequence[Any]) -> Any:
        if not self.keep:
            return NOTHING_KEPT
        return {query.text: [query.ask(entry) for entry in entries] for query in self.keep}

    def _content(self, entry: object, place: str) -> str:
        if isinstance(entry, str):
            return entry
        value = self.content.ask(entry)
        return (
            _joined(value, self.content.text, place)
            if isinstance(value, list)
            else text(value, self.content.text, place)
        )


@dataclass(frozen=True)
class NamedSpeakers(_TurnList):
    """Each entry names who speaks."""

    roles: RoleNames

    def turns(self, record: Any) -> Turns:
        # Nearly always entries are objects with two known fields: no message is built for them.
        role, content = self.role.field_name, self.content.field_name
        entries = self.at.ask(record)
        if role is not None and content is not None and isinstance(entries, list) and entries:
            mapped = self.roles.mapped
            try:
                contents = [entry[content] for entry in entries]
                roles = [mapped[entry[role]] for entry in entries]
            except (KeyError, TypeError):
                return super().turns(record)
            if set(map(type, contents)) == _ALL_STRINGS:
                return Turns(roles, contents, self.kept(entries))
        return super().turns(record)

    def role_reader(self) -> RoleOf:
        def role_of(entry: Any, place: str) -> str:
            if not isinstance(entry, dict):
                raise Rejection(QuarantineReason.WRONG_TYPE, f"{place} is {kind(entry)}, not an object")
            return self.roles.role(text(self.role.ask(entry), self.role.text, place))

        return role_of


@dataclass(frozen=True)
class OrderedSpeakers(_TurnList):
    """Speakers have roles in the order in which they first speak; plain strings take turns."""

    speakers: tuple[str, ...]

    def role_reader(self) -> RoleOf:
        seen: dict[object, str] = {}
        strings = 0

        def role_of(entry: Any, place: str) -> str:
            nonlocal strings
            if isinstance(entry, str):
                strings += 1
                return self.speakers[(strings - 1) % len(self.speakers)]
            if not isinstance(entry, dict | list):
                detail = f"{place} is {kind(entry)}, not a string or an object"
                raise Rejection(QuarantineReason.WRONG_TYPE, detail)
            return self._of_speaker(self.role.ask(entry), place, seen)

        return role_of

    def _of_speaker(self, speaker: object, place: str, seen: dict[object, str]) -> str:
        if speaker is None:
            raise Rejection(QuarantineReason.MISSING_FIELD, f"{place}: `{self.role.text}` is missing or null")
        if isinstance(speaker, dict | list):
            detail = f"{place}: `{self.role.text}` is {kind(speaker)}, not a name or a number"
            raise Rejection(QuarantineReason.WRONG_TYPE, detail)
        if speaker not in seen and len(seen) == len(self.speakers):
            detail = f"{place}: one more speaker than the {len(self.speakers)} under `speakers`"
            raise Rejection(QuarantineReason.UNKNOWN_ROLE, detail)
        return seen.setdefault(speaker, self.speakers[min(len(seen), len(self.speakers) - 1)])


def _joined(parts: list[Any], name: str, place: str) -> str:
    """The text of content that comes in parts, as `[{type: text, text: …}]`."""
    texts = []
    for part in parts:
        is_text = isinstance(part, dict) and part.get("type") in _TEXT_PARTS
        if not is_text or not isinstance(part.get("text"), str):
            detail = f"{place}: `{name}` has a part that is no text"
            raise Rejection(QuarantineReason.WRONG_TYPE, detail)
        texts.append(part["text"])
    if not texts:
        raise Rejection(QuarantineReason.MISSING_FIELD, f"{place}: `{name}` has no parts")
    return "".join(texts)
