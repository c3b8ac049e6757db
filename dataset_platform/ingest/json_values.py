"""JSON bytes to values and back; what JSON cannot carry exactly is refused, not changed."""

import re
from typing import Any

import orjson

from dataset_platform.ingest.rejection import Rejection
from dataset_platform.schemas import QuarantineReason

_DIGIT_MAP = bytes(ord("0") if chr(byte).isascii() and chr(byte).isdigit() else 0 for byte in range(256))
_SUSPICIOUS = b"0" * 19  # 2**63 has 19 digits
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_LONG_INTEGER = re.compile(rb"(?<![0-9.eE+])-?([0-9]{19,})(?![0-9.eE])")


def decode(raw: bytes, *, ends_file: bool = False) -> Any:
    """The value that the bytes spell.

    Raises Rejection for bad UTF-8, lone surrogates, NaN and infinity, numbers
    that 64 bits cannot hold and anything else that is not JSON. `ends_file`
    says that nothing follows, so that an early end is a truncation. Of a key
    that occurs twice in an object the last value counts, as everywhere in
    Python; fractions are read as 64-bit floats.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _rejection(raw, error, ends_file) from None
    # orjson turns integers past 64 bits into floats. Mapping all digits to one and searching is a
    # tenth of the cost of a regular expression.
    if _SUSPICIOUS in raw.translate(_DIGIT_MAP):
        _refuse_wide_integers(raw)
    return value


def canonical(value: Any) -> bytes:
    """The same bytes for equal values: keys sorted, no spaces. Raises Rejection when nested too deeply."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        raise Rejection(QuarantineReason.TOO_LARGE, "is nested more than 254 levels deep") from None


def _refuse_wide_integers(raw: bytes) -> None:
    for match in _LONG_INTEGER.finditer(_STRING.sub(b'""', raw)):
        digits = match[1].lstrip(b"0") or b"0"
        negative = match[0].startswith(b"-")
        if len(digits) > 20 or not -(2**63) <= int(digits) * (-1 if negative else 1) < 2**64:
            detail = "holds a whole number that needs more than 64 bits; write it as a string"
            raise Rejection(QuarantineReason.WRONG_TYPE, detail)


def _rejection(raw: bytes, error: orjson.JSONDecodeError, ends_file: bool) -> Rejection:
    try:
        raw.decode()
    except UnicodeDecodeError as decoding:
        detail = f"is not UTF-8 at byte {decoding.start} of the record; re-encode the file as UTF-8"
        return Rejection(QuarantineReason.BAD_ENCODING, detail)
    if "surrogate" in error.msg:
        return Rejection(QuarantineReason.BAD_ENCODING, f"holds half of a surrogate pair: {error.msg}")
    if "depth limit" in error.msg:
        return Rejection(QuarantineReason.TOO_LARGE, "is nested more than 1,024 levels deep")
    if "infinity" in error.msg:
        return Rejection(QuarantineReason.WRONG_TYPE, "holds a number that needs more than 64 bits")
    if ends_file and "end of data" in error.msg:
        return Rejection(QuarantineReason.TRUNCATED, "ends early, with the file")
    return Rejection(QuarantineReason.BAD_SYNTAX, f"is no JSON: {error.msg} at character {error.pos}")
