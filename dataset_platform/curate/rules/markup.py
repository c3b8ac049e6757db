"""Residue of HTML and Markdown: the words stay, and what a reader sees of the layout."""

import html
import re

import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, strings
from dataset_platform.curate.rules.rule import Rule, text_rule

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

_FENCE = re.compile(r"(?m)^[ \t]*(?:```|~~~)[\w+-]*[ \t]*(?:\n|\Z)")
_RULE_LINE = re.compile(r"(?m)^[ \t]*([-*_=])[ \t]*(?:\1[ \t]*){2,}(?:\n|\Z)")
# All marks of a line at once: one at a time, a model that writes nothing but marks takes a pass for each.
_HEADING = re.compile(r"(?m)^(?:[ \t]{0,3}#{1,6}[ \t]+)+(?=\S)")
_BULLET = re.compile(r"(?m)^([ \t]*)[*•●▪◦‣][ \t]+(?=\S)")
# Only what leads somewhere is a link: "[laughs](quietly)" is none.
_LINK = re.compile(
    r"!?\[([^\[\]\n]{0,500})\]\(<?(?:https?://|www\.|mailto:|tel:|[/#])[^()\s]{0,2000}(?:\s+\"[^\"\n]{0,200}\")?\)"
)
# A mark of emphasis touches the words within and no letter outside: 2*3*4, f**k, snake_case, __init__
# and the arms of ¯\_(ツ)_/¯ are none. Lengths are bounded so that lone marks cost no second look at the line.
_EMPHASIS = (
    re.compile(r"(?<![\w\\*])(\*{1,3})(?=[^\s*])([^*\n]{1,1000}?)(?<=[^\s*])\1(?![\w*])"),
    re.compile(r"(?<![\w\\_])(_{1,2})(?=[^\s_])(?![a-z]+__)([^_\n]{1,1000}?)(?<=[^\s_\\])\1(?![\w_])"),
    re.compile(r"(?<!~)(~~)(?=[^\s~])([^~\n]{1,1000}?)(?<=[^\s~])\1(?!~)"),
    re.compile(r"(?<!`)(`{1,2})(?!`)([^`\n]{1,1000})\1(?!`)"),
)


@text_rule(Rule.HTML_ENTITIES, hint=_ENTITY.pattern)
def unescape_html(texts: StringColumn) -> StringColumn:
    """Character references become the characters (`&quot;` → `"`); a lone `&` stays."""
    once_escaped = pc.replace_substring_regex(texts, "&(amp;)+", "&amp;").to_pylist()
    return strings([_ENTITY.sub(lambda entity: html.unescape(entity[0]), text) for text in once_escaped])


@text_rule(Rule.HTML_TAGS, hint=r"<[a-zA-Z/!]")
def remove_tags(texts: StringColumn) -> StringColumn:
    """HTML tags go; those that end a line on screen leave a line break. `x < y` and `<3` stay."""
    unseen = pc.replace_substring_regex(texts, _UNSEEN_TAG, " ")
    broken = pc.replace_substring_regex(unseen, _BLOCK_TAG, "\n")
    return pc.replace_substring_regex(broken, _INLINE_TAG, "")


@text_rule(
    Rule.MARKDOWN,
    hint=r"(?m)[*`]|__|~~|\]\(|^[ \t]*(?:#|[•●▪◦‣][ \t]|[-=][ \t]*[-=][ \t]*[-=])|(?:^|\W)_\S",
)
def remove_markdown(texts: StringColumn) -> StringColumn:
    """Marks of headings, emphasis, links, code and drawn lines go, the words stay; every bullet is `- `.

    Lists and their numbers, tables and `> ` of quotations are content and stay.
    """
    return strings([_without_markdown(text) for text in texts.to_pylist()])


def _without_markdown(text: str) -> str:
    for pattern in (_FENCE, _RULE_LINE, _HEADING):
        text = pattern.sub("", text)
    text = _LINK.sub(r"\1", _BULLET.sub(r"\1- ", text))
    for pattern in _EMPHASIS:
        text = pattern.sub(r"\2", text)
    return text
