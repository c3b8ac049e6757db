"""Lines under what is said that nobody said: signatures of devices, mails and forums."""

import re
from collections.abc import Set
from dataclasses import dataclass

from dataset_platform.curate.closings import closing_of
from dataset_platform.curate.columns import StringColumn, strings
from dataset_platform.curate.rules.rule import Rule, TextRule, text_rule

_DEVICE = (
    r"(?:iphone|ipad|ipod|android|samsung|galaxy|blackberry|huawei|xiaomi|pixel|windows phone|mobile|phone"
    r"|tablet|outlook|gmail|yahoo|mail|proton\w*|tapatalk)"
)
# Each is all that is left of a turn from the start of one of its lines.
_SIGNATURES = (
    rf"sent (?:from|via|by|using) (?:my |the )?{_DEVICE}(?:[ \w.+-]{{0,30}})",
    r"sent from (?:my )?[\w-]{2,20} using [\w. ]{2,30}",
    r"get outlook for (?:ios|android)[^\n]{0,60}",
    r"posted (?:from|via) (?:my |the )?[\w.' ]{1,30}(?:app|mobile|tapatalk|phone)",
    r"(?:to )?unsubscribe(?: from [^\n]{1,60})?(?:,? click here[^\n]{0,40})?",
    r"last edited by [^\n]{1,40}[,;]? [^\n]{0,12}\d{1,2}[-/.: ][^\n]{1,30}",
    r"on [^\n]{5,90} wrote:(?:\n>[^\n]*)+",
    # Delimiter of RFC 3676, 4.3, and that of forums.
    r"--[ \t]?\n[^\n]{1,120}(?:\n[^\n]{0,120}){0,5}",
    r"_{10,}\n[^\n]{1,120}(?:\n[^\n]{0,120}){0,3}",
    r"(?:confidentiality notice|disclaimer|(?:this|the information in this) (?:e-?mail|message))\b"
    r"(?=[\s\S]{0,600}(?:confidential|privileged))(?=[\s\S]{0,600}(?:intended|recipient|addressee|attachment))"
    r"[^\n]*(?:\n[^\n]*){0,6}",
)
_MOST_LINES = 7  # of a signature that is no quotation
_SIGNATURE = re.compile(rf"(?:\A|\n)[ \t]*(?:{'|'.join(_SIGNATURES)})[ \t.!]*\s*\Z", re.IGNORECASE)
_HINT = (
    r"(?i)sent (?:from|via|by|using)|get outlook|posted (?:from|via)|unsubscribe|last edited by|wrote:\n>"
    r"|(?:^|\n)[ \t]*(?:--[ \t]?|_{10,})\n|confidentiality notice|disclaimer|this (?:e-?mail|message)"
)


@text_rule(Rule.SIGNATURES, hint=_HINT)
def remove_signatures(texts: StringColumn) -> StringColumn:
    """What devices, mail programs and forums put under a text goes (`Sent from my iPhone`, mail footers)."""
    return strings([_unsigned(text) for text in texts.to_pylist()])


def _unsigned(text: str) -> str:
    end = len(text)
    # All of them at once, and each looked for where it may begin: so the time grows with the text.
    while signature := _SIGNATURE.search(text, _last_lines(text, end), end):
        end = _trimmed(text, signature.start())
    return text[:end]


def _last_lines(text: str, end: int) -> int:
    """Where the lines begin that a signature at the end may take: a quotation, and the most of others."""
    start = text.rfind("\n", 0, _trimmed(text, end))
    while text.startswith(">", start + 1) and start > 0:
        start = text.rfind("\n", 0, start)
    for _ in range(_MOST_LINES):
        start = text.rfind("\n", 0, max(start, 0))
    return max(start, 0)


def _trimmed(text: str, end: int) -> int:
    """The end of the text before this place, without white space."""
    while end and text[end - 1].isspace():
        end -= 1
    return end


@dataclass(frozen=True)
class _Closings:
    """The digests of closings that a source repeats; see `closings`."""

    digests: Set[int]

    def remove(self, texts: StringColumn) -> StringColumn:
        """Closing lines that a source repeats under many conversations go, such as a name and its titles."""
        return strings([closing_of(text, self.digests).before for text in texts.to_pylist()])


def remove_closings(digests: Set[int]) -> TextRule:
    """The rule for one source."""
    return text_rule(Rule.REPEATED_CLOSINGS, hint=r"\n")(_Closings(digests).remove)
