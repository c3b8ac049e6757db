"""Bytes whose encoding nobody told, as text."""

import codecs
import unicodedata
from typing import NamedTuple

import charset_normalizer

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_GUESSED_BYTES = 2**16
_MOST_NULS = 0.001
"""Share of NULs from which on a file is no text, unless its lines show that only some are damaged."""
_WESTERN = "cp1252"


class Text(NamedTuple):
    """Text as UTF-8, and the encoding it was in where that is a guess."""

    content: bytes
    guessed: str | None


def decoded(raw: bytes, whole: bool) -> Text | None:
    """The text of a file's first bytes; None when they are none.

    Text has a byte order mark, or is UTF-8 in most lines that tell it from
    others, or is what charset-normalizer thinks, where Windows' Western
    encoding goes before its look-alikes.
    """
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if raw.startswith(mark)), None)
    if marked:
        text = codecs.getincrementaldecoder(marked)("replace").decode(raw, final=whole)
        return Text(text.removeprefix("\ufeff").encode(errors="replace"), None)
    if raw.count(b"\0") > _MOST_NULS * len(raw) and not _is_damaged_text(raw):
        return None
    if _is_mostly_utf8(raw):
        return Text(raw, None)
    guess = _guess(raw[:_GUESSED_BYTES])
    return Text(raw.decode(guess, errors="replace").encode(), guess) if guess else None


def _is_damaged_text(raw: bytes) -> bool:
    """Whether most lines are text, be NULs in the others."""
    lines = [line for line in raw.split(b"\n") if line]
    return 2 * sum(b"\0" not in line and _is_utf8(line) for line in lines) > len(lines)


def _is_mostly_utf8(raw: bytes) -> bool:
    """Whether most of the lines with more than ASCII are UTF-8; the last may be cut."""
    lines = [line for line in raw.split(b"\n") if not line.isascii()]
    return 2 * sum(map(_is_utf8, lines[:-1])) >= len(lines[:-1]) and (len(lines) > 1 or _is_utf8_so_far(raw))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8_so_far(raw: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(raw)
    except UnicodeDecodeError:
        return False
    return True


def _guess(raw: bytes) -> str | None:
    best = charset_normalizer.from_bytes(raw).best()
    if best is None:
        return None
    return _WESTERN if _is_latin(str(best)) and _is_western(raw) else best.encoding


def _is_latin(text: str) -> bool:
    return all(unicodedata.name(c, "LATIN").startswith("LATIN") for c in text if c.isalpha())


def _is_western(raw: bytes) -> bool:
    try:
        raw.decode(_WESTERN)
    except UnicodeDecodeError:
        return False
    return True
