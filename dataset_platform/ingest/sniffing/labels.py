"""Names that begin the turns of a text: lines such as `Therapist: …`."""

import re
from collections import Counter
from collections.abc import Sequence

from dataset_platform.ingest.description import folded_name
from dataset_platform.ingest.sniffing.words import side

_LABEL = re.compile(r"^[ \t]*([^\W\d_][^:\n\"“.!?,;]{0,30}?)[ \t]*:(?=\s)", re.MULTILINE)
_IN_TEXTS = 0.1
_BEGINS = 0.02
_AS_OFTEN = 0.25


def label_names(texts: Sequence[str]) -> list[list[str]]:
    """The speakers of each text, in order; empty where its lines are begun by nobody.

    Any word with a colon may be part of what is said. A name is one that begins
    a text, or speaks nearly as often as others do, in more than a few texts.
    """
    found = [_LABEL.findall(text) for text in texts]
    said = Counter(folded_name(name) for names in found for name in names)
    in_texts = Counter(name for names in found for name in {folded_name(name) for name in names})
    begun = Counter(
        folded_name(names[0])
        for text, names in zip(texts, found, strict=True)
        if names and text.lstrip().startswith(names[0].strip())
    )
    most = max(said.values(), default=0)
    credible = {
        name
        for name in said
        if in_texts[name] >= _IN_TEXTS * len(texts)
        and (begun[name] >= _BEGINS * len(texts) or said[name] >= _AS_OFTEN * most)
        and (side(name) or said[name] >= max(2, len(texts)))
    }
    return [[name.strip() for name in names if folded_name(name) in credible] for names in found]
