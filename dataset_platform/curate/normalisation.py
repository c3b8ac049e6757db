"""Rules that tidy text. Each takes a column of strings and sees one string at a time.

`NORMALISERS` holds every rule in the order in which they act; `normalise` repeats them until
nothing changes, so that normalising twice equals once, also where one rule uncovers work for
another (`&amp;lt;br&amp;gt;`). No rule adds letters, so the repetition ends.
"""

import html
import re
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, only_where, strings

# Non-ASCII other than typographic quotes, dashes and the ellipsis: what every
# mojibake contains, and what most chat turns with a curly quote do not.
_MAYBE_MOJIBAKE = r"[^\x00-\x7F‘’“”–—…]"  # noqa: RUF001
_ENTITY = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]+);")
_BLOCK_NAMES = "p|br|hr|div|li|ul|ol|tr|table|tbody|thead|blockquote|pre|h[1-6]|section|article"
_INLINE_NAMES = (
    "a|abbr|b|big|cite|code|del|em|font|i|img|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|td|th|tt|u"
)
# Attributes need `=`, so that "a <b and c> d" in prose stays as it is.
_ATTRIBUTES = r"""(?:\s+[a-zA-Z:_-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))*"""
_BLOCK_TAG = rf"(?i)</?(?:{_BLOCK_NAMES}){_ATTRIBUTES}\s*/?>"
_INLINE_TAG = rf"(?i)</?(?:{_INLINE_NAMES}){_ATTRIBUTES}\s*/?>"
_UNSEEN_TAG = r"(?is)<!--.*?-->|<(script|style)\b[^<>]*>.*?</(script|style)\s*>"
_LINE_END = r"\r\n?|[\x0b\x0c\x{85}\x{2028}\x{2029}]"
_CONTROL = r"[\x00-\x08\x0e-\x1f\x7f-\x{9f}]"
# Soft hyphen, zero-width space, word joiner, byte order mark, marks of writing direction.
_INVISIBLE = r"[\x{ad}\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{feff}]"
# Joiners shape Persian and Indic words and join emoji; beside ASCII or an edge they do nothing.
_IDLE_JOINER_AFTER = r"(^|[\x00-\x7f])[\x{200c}\x{200d}]+"
_IDLE_JOINER_BEFORE = r"[\x{200c}\x{200d}]+($|[\x00-\x7f])"
_SPACES = r"[ \t\p{Zs}]+"


def repair_mojibake(column: StringColumn) -> StringColumn:
    """UTF-8 that was read as another encoding is read again (`donâ€™t` → `don’t`)."""  # noqa: RUF002
    import ftfy  # its tables take time to build, and plain ASCII never needs them

    def repaired(texts: StringColumn) -> StringColumn:
        return strings([ftfy.fix_encoding(text) for text in texts.to_pylist()])

    return only_where(pc.match_substring_regex(column, _MAYBE_MOJIBAKE), column, repaired)


def unescape_html(column: StringColumn) -> StringColumn:
    """Character references become the characters (`&quot;` → `"`); a lone `&` stays."""

    def unescaped(texts: StringColumn) -> StringColumn:
        once_escaped = pc.replace_substring_regex(texts, "&(amp;)+", "&amp;").to_pylist()
        return strings([_ENTITY.sub(lambda entity: html.unescape(entity[0]), text) for text in once_escaped])

    return only_where(pc.match_substring_regex(column, _ENTITY.pattern), column, unescaped)


def remove_tags(column: StringColumn) -> StringColumn:
    """HTML tags go; those that end a line on screen leave a line break. `x < y` and `<3` stay."""

    def untagged(texts: StringColumn) -> StringColumn:
        unseen = pc.replace_substring_regex(texts, _UNSEEN_TAG, " ")
        broken = pc.replace_substring_regex(unseen, _BLOCK_TAG, "\n")
        return pc.replace_substring_regex(broken, _INLINE_TAG, "")

    return only_where(pc.match_substring(column, "<"), column, untagged)


def break_lines_with_newlines(column: StringColumn) -> StringColumn:
    r"""Every line end (`\r\n`, `\r`, form feed, U+2028 …) becomes `\n`."""
    affected = pc.match_substring_regex(column, _LINE_END)
    return only_where(affected, column, lambda texts: pc.replace_substring_regex(texts, _LINE_END, "\n"))


def remove_control_characters(column: StringColumn) -> StringColumn:
    """Characters that steer terminals go; tabs and line breaks stay."""
    affected = pc.match_substring_regex(column, _CONTROL)
    return only_where(affected, column, lambda texts: pc.replace_substring_regex(texts, _CONTROL, ""))


def remove_invisible_characters(column: StringColumn) -> StringColumn:
    """Characters without width go; joiners stay where they shape a word or an emoji."""

    def visible(texts: StringColumn) -> StringColumn:
        seen = pc.replace_substring_regex(texts, _INVISIBLE, "")
        seen = pc.replace_substring_regex(seen, _IDLE_JOINER_AFTER, r"\1")
        return pc.replace_substring_regex(seen, _IDLE_JOINER_BEFORE, r"\1")

    return only_where(_not_ascii(column), column, visible)


def compose_unicode(column: StringColumn) -> StringColumn:
    """Unicode NFC: one spelling of what looks the same (`e` + accent → `é`)."""

    def composed(texts: StringColumn) -> StringColumn:
        # Arrow's own `utf8_normalize` takes characters apart for NFC too (pyarrow 25.0).
        return strings([unicodedata.normalize("NFC", text) for text in texts.to_pylist()])

    return only_where(_not_ascii(column), column, composed)


def collapse_spaces(column: StringColumn) -> StringColumn:
    """Runs of blanks become one space, and no line begins or ends with one."""
    single = pc.replace_substring_regex(column, _SPACES, " ")
    return pc.replace_substring_regex(single, r" ?\n ?", "\n")


def limit_blank_lines(column: StringColumn) -> StringColumn:
    """Between paragraphs stays one blank line at most."""
    affected = pc.match_substring(column, "\n\n\n")
    return only_where(affected, column, lambda texts: pc.replace_substring_regex(texts, r"\n{3,}", "\n\n"))


def trim(column: StringColumn) -> StringColumn:
    """No white space at either end."""
    return pc.utf8_trim_whitespace(column)


NORMALISERS = (
    repair_mojibake,
    unescape_html,
    remove_tags,
    break_lines_with_newlines,
    remove_control_characters,
    remove_invisible_characters,
    compose_unicode,
    collapse_spaces,
    limit_blank_lines,
    trim,
)


def normalise(column: StringColumn) -> StringColumn:
    """The column after every rule of `NORMALISERS`, in order, until no string changes."""
    once = _each_rule(column)
    while (unsettled := pc.not_equal(once, column)).true_count:
        column, once = once, only_where(unsettled, once, _each_rule)
    return once


def _each_rule(column: StringColumn) -> StringColumn:
    for rule in NORMALISERS:
        column = rule(column)
    return column


def _not_ascii(column: StringColumn) -> pa.BooleanArray:
    return pc.invert(pc.string_is_ascii(column))
