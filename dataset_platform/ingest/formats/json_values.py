"""JSON bytes to values and back; what JSON cannot carry exactly is refused, not changed."""

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.rejection import Rejection
from dataset_platform.schemas import QuarantineReason

_LONG_DIGITS = 19  # 2**63 has so many
_STRIDE = _LONG_DIGITS // 2
_COLON = ord(":")
_ESCAPED_COLON = re.compile(rb"\\u003[aA]")
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % _LONG_DIGITS)
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_LONG_INTEGER = re.compile(rb"(?<![0-9.eE+])-?([0-9]{19,})(?![0-9.eE])")


unparsable = (orjson.JSONDecodeError, orjson.JSONEncodeError)


def parse(raw: bytes) -> tuple[Any, bytes]:
    """The value that the bytes spell, and its canonical JSON; raises what `unparsable` names.

    The parser keeps the last of a key that occurs twice, and turns numbers beyond 64 bits into fractions,
    without a word: whether that can have happened, `colons` and `is_doubtful` tell for many values at once.
    """
    value = orjson.loads(raw)
    return value, orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def colons(raw: bytes) -> int:
    """How many colons there are. JSON has one for each key, so a key that occurs twice costs one."""
    return int(np.count_nonzero(np.frombuffer(raw, np.uint8) == _COLON))


def is_doubtful(raw: bytes) -> bool:
    """Whether the bytes may hold a number beyond 64 bits, or a colon that `colons` does not see."""
    return has_long_number(raw) or (b"\\" in raw and _ESCAPED_COLON.search(raw) is not None)


def decode(raw: bytes, decoder: TextDecoder, *, ends_file: bool = False) -> tuple[Any, bytes]:
    """The value that the bytes spell, and its canonical JSON.

    Raises Rejection for text that the decoder cannot read, lone surrogates, NaN
    and infinity, numbers that 64 bits cannot hold, a key that one object has
    twice, and anything else that is not JSON. `ends_file` says that nothing follows,
    so that an early end is a truncation. Fractions are read as 64-bit floats.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        text = decoder.utf8(raw)
        if text is not raw:
            return decode(text, decoder, ends_file=ends_file)
        raise _rejection(error, ends_file) from None
    if has_long_number(raw):
        _refuse_wide_integers(raw)
    spelled = canonical(value)
    if raw.count(b":") != spelled.count(b":") or _ESCAPED_COLON.search(raw):
        _refuse_repeated_keys(raw)
    return value, spelled


def has_long_number(raw: bytes) -> bool:
    """Whether the bytes have so many digits in a row that orjson may turn them into a float."""
    return next(long_numbers(raw), None) is not None


def long_numbers(raw: bytes) -> Iterator[int]:
    """Where the bytes have so many digits in a row that orjson may turn them into a float.

    A row of 19 digits covers two neighbours among the places 0, 9, 18, …: only where both are digits
    is the row measured.
    """
    digits = (np.frombuffer(raw, np.uint8)[::_STRIDE] - np.uint8(ord("0"))) < 10
    for at in (np.flatnonzero(digits[1:] & digits[:-1]) * _STRIDE).tolist():
        found = _LONG_NUMBER.search(raw, max(at - _LONG_DIGITS, 0), at + 2 * _LONG_DIGITS)
        if found:
            yield found.start()


def canonical(value: Any) -> bytes:
    """The same bytes for equal values: keys sorted, no spaces.

    Raises Rejection when nested too deeply, and for text or numbers that no other reader gave.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        message = str(error)
    if "surrogate" in message:
        raise Rejection(QuarantineReason.BAD_ENCODING, "holds half of a surrogate pair")
    if "64-bit" in message:
        raise wide_number()
    raise Rejection(QuarantineReason.TOO_LARGE, "is nested more than 254 levels deep")


def _refuse_wide_integers(raw: bytes) -> None:
    for match in _LONG_INTEGER.finditer(_STRING.sub(b'""', raw)):
        digits = match[1].lstrip(b"0") or b"0"
        negative = match[0].startswith(b"-")
        if len(digits) > 20 or not -(2**63) <= int(digits) * (-1 if negative else 1) < 2**64:
            raise wide_number()


def wide_number() -> Rejection:
    """The rejection of a number that would not stay what it is."""
    detail = "holds a number that needs more than 64 bits; write it as a string"
    return Rejection(QuarantineReason.WRONG_TYPE, detail)


def _refuse_repeated_keys(raw: bytes) -> None:
    json.loads(raw, object_pairs_hook=_keys_once)


def _keys_once(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        detail = "has an object with one field twice, of which only one could be kept"
        raise Rejection(QuarantineReason.DUPLICATE_KEY, detail)


def _rejection(error: orjson.JSONDecodeError, ends_file: bool) -> Rejection:
    if "surrogate" in error.msg:
        return Rejection(QuarantineReason.BAD_ENCODING, f"holds half of a surrogate pair: {error.msg}")
    if "depth limit" in error.msg:
        return Rejection(QuarantineReason.TOO_LARGE, "is nested more than 1,024 levels deep")
    if "infinity" in error.msg:
        return wide_number()
    if ends_file and "end of data" in error.msg:
        return Rejection(QuarantineReason.TRUNCATED, "ends early, with the file")
    return Rejection(QuarantineReason.BAD_SYNTAX, f"is no JSON: {error.msg} at character {error.pos}")
