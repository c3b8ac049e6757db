"""Places in a JSON document that can be reached while it streams."""

import re
from dataclasses import dataclass
from enum import StrEnum

from dataset_platform.ingest.rejection import Rejection
from dataset_platform.schemas import QuarantineReason

LIST_FIELD = "turns"
"""Field that takes a record which is a list, where it is made an object to hold its key, too."""

_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_]*|"[^"\\]+"')


class Holder(StrEnum):
    """What holds the records at the end of a path."""

    ARRAY = "[]"
    OBJECT = "*"
    ITSELF = "@"


@dataclass(frozen=True)
class RecordPath:
    """Field names from the top of the document, then what holds the records there.

    Written as the JMESPath that would find them: `[]`, `conversations[]`,
    `data.knowledge[]`, `concepts.*`, `@`. Other JMESPath needs the whole
    document in memory, so it is refused here.
    """

    fields: tuple[str, ...]
    holder: Holder

    @classmethod
    def parse(cls, text: str) -> "RecordPath":
        """Raises ValueError when the path is not of these forms."""
        if text == Holder.ITSELF:
            return cls((), Holder.ITSELF)
        steps, holder = (text[:-2], Holder.ARRAY) if text.endswith("[]") else (text[:-1], Holder.OBJECT)
        if holder is Holder.OBJECT and not text.endswith("*"):
            raise ValueError(f"`{text}` must end in `[]` (a list of records) or `.*` (an object of records)")
        steps = steps.removesuffix(".") if holder is Holder.OBJECT else steps
        names = tuple(steps.split(".")) if steps else ()
        if not all(_NAME.fullmatch(name) for name in names):
            raise ValueError(f"`{text}` may only name fields before its end, as in `data.conversations[]`")
        return cls(tuple(name.strip('"') for name in names), holder)

    def __str__(self) -> str:
        fields = ".".join(self.fields)
        return f"{fields}.*" if fields and self.holder is Holder.OBJECT else f"{fields}{self.holder.value}"


def with_key(record_key: str | None, key: object, content: object) -> object:
    """A record held in an object, with its key as the field `record_key`; a Rejection where that is taken.

    One that is a list becomes an object that has it as LIST_FIELD.
    """
    if isinstance(key, Rejection):
        return key
    if record_key is not None and isinstance(content, list):
        return {record_key: key, LIST_FIELD: content}
    if record_key is None or not isinstance(content, dict):  # a Rejection stays one too
        return content
    if record_key in content:
        detail = f"has a field `{record_key}` of its own: choose another name under `record_key`"
        return Rejection(QuarantineReason.WRONG_TYPE, detail)
    return {record_key: key, **content}
