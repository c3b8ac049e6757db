"""What every reader gives: pieces of a file, each a record or the reason why it is none."""

from typing import Any, NamedTuple

from dataset_platform.schemas import QuarantineReason

PAYLOAD_BYTES = 4096
"""How much of a rejected record's bytes the quarantine shows."""


class Rejection(Exception):
    """Why a record cannot be used: a code, and plain words that hold no conversation text."""

    def __init__(self, reason: QuarantineReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Piece(NamedTuple):
    """One record of a file as it was found.

    `offset` counts bytes from the start of the file; None where a format has
    no such place. `raw` are the record's bytes; of a rejected one, at least the
    first PAYLOAD_BYTES where it has so many. `canonical` is the content's
    canonical JSON where reading it gave that too.
    """

    offset: int | None
    raw: bytes
    content: Any
    canonical: bytes | None = None


def too_large(what: str, limit: int) -> Rejection:
    """The rejection of something that is larger than `limits.max_record_bytes`."""
    return Rejection(QuarantineReason.TOO_LARGE, f"is {what} of more than {limit:,} bytes")


def kind(value: object) -> str:
    """The JSON name of a value's type, for messages."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
