"""Characters that are broken, that nobody sees, or that only look like others."""

import re
import unicodedata

import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, strings
from dataset_platform.curate.rules.rule import Rule, text_rule

# UTF-8 read as another encoding leaves a letter beside another character beyond ASCII, a lone capital
# A with tilde before a space (its second byte was no-break space), or a control character from 0x80 on.
_MAYBE_MOJIBAKE = r"[^\x00-\x7f‘’“”–—…•][^\x00-\x7f]|Ã |[\x{80}-\x{9f}]"  # noqa: RUF001
_CONTROL = r"[\x00-\x08\x0e-\x1f\x7f-\x{9f}]"
# Soft hyphen, zero-width space, word joiner, byte order mark, marks of writing direction.
_INVISIBLE = r"[\x{ad}\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{feff}]"
# Joiners shape Persian and Indic words and join emoji; beside ASCII or an edge they do nothing.
_IDLE_JOINER_AFTER = r"(^|[\x00-\x7f])[\x{200c}\x{200d}]+"
_IDLE_JOINER_BEFORE = r"[\x{200c}\x{200d}]+($|[\x00-\x7f])"
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff66-\uff9f]")
# Typographic ligatures, full-width letters and digits, half-width kana, mathematical letters.
_LOOKALIKE = re.compile(
    "[\ufb00-\ufb06\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uff9f\U0001d400-\U0001d7ff]+"
)
_FULL_WIDTH = re.compile("[\uff01-\uff5e]+")


@text_rule(Rule.MOJIBAKE, hint=_MAYBE_MOJIBAKE)
def repair_mojibake(texts: StringColumn) -> StringColumn:
    """UTF-8 that was read as another encoding is read again (`donâ€™t` → `don’t`)."""  # noqa: RUF002
    import ftfy  # its tables take time to build, and plain ASCII never needs them

    return strings([ftfy.fix_encoding(text) for text in texts.to_pylist()])


@text_rule(
    Rule.COMPATIBILITY_CHARACTERS,
    hint=r"[\x{fb00}-\x{fb06}\x{ff01}-\x{ff5e}\x{ff66}-\x{ff9f}\x{1d400}-\x{1d7ff}]",
    lengthens=3,
)
def plain_characters(texts: StringColumn) -> StringColumn:
    """Full-width and mathematical letters, half-width kana and ligatures become plain ones (`ｈｉ` → `hi`).

    Full-width punctuation stays in Chinese, Japanese and Korean, where it is the usual one; emoji stay.
    A ligature is up to three letters.
    """  # noqa: RUF002
    return strings([_plain(text) for text in texts.to_pylist()])


def _plain(text: str) -> str:
    pattern = _LOOKALIKE if _EAST_ASIAN.search(text) else _FULL_WIDTH
    return _LOOKALIKE.sub(_compatible, pattern.sub(_compatible, text))


def _compatible(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", found[0])


@text_rule(Rule.CONTROL_CHARACTERS, hint=_CONTROL)
def remove_control_characters(texts: StringColumn) -> StringColumn:
    """Characters that steer terminals go; tabs and line breaks stay."""
    return pc.replace_substring_regex(texts, _CONTROL, "")


@text_rule(Rule.INVISIBLE_CHARACTERS, hint=rf"{_INVISIBLE}|[\x{{200c}}\x{{200d}}]")
def remove_invisible_characters(texts: StringColumn) -> StringColumn:
    """Characters without width go; joiners stay where they shape a word or an emoji."""
    seen = pc.replace_substring_regex(texts, _INVISIBLE, "")
    seen = pc.replace_substring_regex(seen, _IDLE_JOINER_AFTER, r"\1")
    return pc.replace_substring_regex(seen, _IDLE_JOINER_BEFORE, r"\1")


# Every character below U+0300 is composed already, and typographic marks never compose.
@text_rule(Rule.UNICODE_COMPOSITION, hint=r"[^\x00-\x{2ff}\x{2010}-\x{2026}\x{1f300}-\x{1faff}]", lengthens=3)
def compose_unicode(texts: StringColumn) -> StringColumn:
    """Unicode NFC: one spelling of what looks the same (`e` + accent → `é`).

    A few characters, such as Hebrew presentation forms, become up to three.
    """
    # Arrow's own `utf8_normalize` takes characters apart for NFC too (pyarrow 25.0).
    return strings([unicodedata.normalize("NFC", text) for text in texts.to_pylist()])
