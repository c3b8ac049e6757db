"""White space: one kind of line end, one blank between words, one blank line between paragraphs."""

import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn
from dataset_platform.curate.rules.rule import Rule, text_rule

_LINE_END = r"\r\n?|[\x0b\x0c\x{85}\x{2028}\x{2029}]"
_SPACE = r"[ \t\p{Zs}]"
_OTHER_SPACE = r"[\t\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]"
# What Unicode calls white space and the rules above leave: also separators that stand for nothing here.
_EDGE = r"[\s\x1c-\x1f\x{85}\x{a0}\p{Z}]"


@text_rule(Rule.LINE_ENDS, hint=_LINE_END)
def break_lines_with_newlines(texts: StringColumn) -> StringColumn:
    r"""Every line end (`\r\n`, `\r`, form feed, U+2028 …) becomes `\n`."""
    return pc.replace_substring_regex(texts, _LINE_END, "\n")


@text_rule(Rule.SPACES, hint=rf"  |{_OTHER_SPACE}| \n|\n ")
def collapse_spaces(texts: StringColumn) -> StringColumn:
    """Runs of blanks become one space, and no line begins or ends with one."""
    # A single space that stays is not matched: to replace each of them takes longer than all else.
    single = pc.replace_substring_regex(texts, f"{_SPACE}{{2,}}|{_OTHER_SPACE}", " ")
    return pc.replace_substring_regex(single, r" \n ?|\n ", "\n")


@text_rule(Rule.BLANK_LINES, hint=r"\n\n\n")
def limit_blank_lines(texts: StringColumn) -> StringColumn:
    """Between paragraphs stays one blank line at most."""
    return pc.replace_substring_regex(texts, r"\n{3,}", "\n\n")


@text_rule(Rule.OUTER_SPACE, hint=rf"^{_EDGE}|{_EDGE}$")
def trim(texts: StringColumn) -> StringColumn:
    """No white space at either end."""
    return pc.utf8_trim_whitespace(texts)
