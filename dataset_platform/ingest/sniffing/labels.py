"""Names that begin the turns of a text: lines such as `Therapist: …`."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from dataset_platform.ingest.describing.description import folded_name
from dataset_platform.ingest.describing.labels import label, label_of
from dataset_platform.ingest.sniffing.words import side

_LABEL = re.compile(label(r"[^\W\d_][^:\n\"“!?,;*]{0,30}?") + r"(?=\s)", re.MULTILINE)
_IN_TEXTS = 0.1
_BEGINS = 0.02
_AS_OFTEN = 0.25
_AS_OFTEN_IN_TEXT = 0.5


def label_names(texts: Sequence[str]) -> list[list[str]]:
    """The speakers of each text, in order; empty where its lines are begun by nobody.

    Any word with a colon may be part of what is said. A name that tells a role
    begins texts or speaks nearly as often as others do, in more than a few
    texts. Any other name speaks nearly as often as others in a text of its own.
    """
    labels = [list(_LABEL.finditer(text)) for text in texts]
    found = [[one["name"] for one in in_text] for in_text in labels]
    folded = [[folded_name(name) for name in names] for names in found]
    firsts = [in_text[0] for in_text in labels if in_text]
    begun = Counter(folded_name(first["name"]) for first in firsts if not _before(first))
    credible = _role_names(folded, begun) | _own_names(folded)
    return [[name.strip() for name in names if folded_name(name) in credible] for names in found]


def have_headings(texts: Sequence[str], names: Iterable[str]) -> bool:
    """Whether most of the texts in which one of the names speaks have something before."""
    begins = label_of(names)
    before = [bool(_before(first)) for text in texts if (first := begins.search(text))]
    return 2 * sum(before) > len(before)


def _before(first: re.Match[str]) -> str:
    return first.string[: first.start()].strip()


def _role_names(folded: Sequence[Sequence[str]], begun: Counter[str]) -> set[str]:
    said = Counter(name for names in folded for name in names)
    in_texts = Counter(name for names in folded for name in set(names))
    most = max(said.values(), default=0)
    return {
        name
        for name in said
        if side(name)
        and in_texts[name] >= _IN_TEXTS * len(folded)
        and (begun[name] >= _BEGINS * len(folded) > 0 or said[name] >= _AS_OFTEN * most)
    }


def _own_names(folded: Sequence[Sequence[str]]) -> set[str]:
    """Names that tell no role; beside names that do, only those that speak more than once."""
    own = set()
    for names in folded:
        said = Counter(names)
        most = max(said.values(), default=0)
        least = 2 if any(side(name) for name in said) else 1
        if most > 1:
            often = max(least, _AS_OFTEN_IN_TEXT * most)
            own |= {name for name in said if not side(name) and said[name] >= often}
    return own
