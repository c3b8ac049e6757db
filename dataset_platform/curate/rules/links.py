"""Web addresses: what they tell of a reader goes; the rest as the setting `links` says.

E-mail addresses are private data and are masked, not cleaned.
"""

import re
from urllib.parse import urlsplit

from dataset_platform.curate.columns import StringColumn, strings
from dataset_platform.curate.configuration import Links
from dataset_platform.curate.rules.rule import Rule, TextRule, text_rule

_HINT = r"(?i)https?://|\bwww\."
# A closing bracket or a full stop at the end belongs to the sentence.
_URL = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"'\[\]{}|\\^`“”]*[^\s<>\"'\[\]{}|\\^`“”.,;:!?)*_~]", re.IGNORECASE
)
_WITH_BRACKETS = re.compile(rf"[ \t]?(?:[(\[]{_URL.pattern}[)\]]|{_URL.pattern})", re.IGNORECASE)
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igsh(?:id)?|mc_[ce]id"
    r"|_hsenc|_hsmi|mkt_tok|oly_\w+_id|vero_id|ref_src|ref_url|wt_mc|trk)",
    re.IGNORECASE,
)


@text_rule(
    Rule.TRACKING_PARAMETERS,
    hint=r"(?i)[?&;](?:utm_|fbcl|[gdywt]+clid|[gw]braid|mscl|igsh|mc_|_hs|mkt_|oly_|vero_|ref_|wt_|trk)",
)
def remove_tracking(texts: StringColumn) -> StringColumn:
    """Parameters that follow a reader (`utm_source`, `fbclid` …) leave web addresses."""
    return strings([_URL.sub(lambda url: _untracked(url[0]), text) for text in texts.to_pylist()])


def _untracked(url: str) -> str:
    address, question, rest = url.partition("?")
    query, fragment_mark, fragment = rest.partition("#")
    kept = [part for part in query.split("&") if not _TRACKING.fullmatch(part.partition("=")[0])]
    return f"{address}{question if kept else ''}{'&'.join(kept)}{fragment_mark}{fragment}"


@text_rule(Rule.LINKS, hint=_HINT)
def shorten_links(texts: StringColumn) -> StringColumn:
    """Web addresses stay, become their host (`www.nami.org`) or go, as the setting `links` says."""
    return strings([_URL.sub(lambda url: _host(url[0]), text) for text in texts.to_pylist()])


@text_rule(Rule.LINKS, hint=_HINT)
def remove_links(texts: StringColumn) -> StringColumn:
    """Web addresses stay, become their host (`www.nami.org`) or go, as the setting `links` says."""
    return strings([_WITH_BRACKETS.sub("", text) for text in texts.to_pylist()])


def _host(url: str) -> str:
    try:
        return urlsplit(url if "://" in url else f"//{url}").hostname or url
    except ValueError:  # brackets or a port that are none
        return url


LINK_RULES: dict[Links, tuple[TextRule, ...]] = {
    Links.KEEP: (),
    Links.HOST: (shorten_links,),
    Links.REMOVE: (remove_links,),
}
