"""Where private data stands in each text of a column."""

import re
from bisect import bisect
from collections.abc import Sequence

from dataset_platform.curate.columns import hinted, strings
from dataset_platform.curate.configuration import PrivateKind, Span
from dataset_platform.curate.naming import Tagger
from dataset_platform.curate.private_names import name_spans, packaged_tagger
from dataset_platform.curate.private_patterns import PATTERNS

Kinds = frozenset[PrivateKind]

# Kinds that the tagger finds; all others have a shape.
TAGGED = frozenset({PrivateKind.NAME, PrivateKind.LOCATION})
# A mask, numbered or not, whoever put it there.
MASK = re.compile(rf"\[({'|'.join(PrivateKind)})(?:_(\d{{1,6}}))?\]")


def private_spans(texts: Sequence[str], kinds: Kinds, tagger: Tagger | None = None) -> list[list[Span]]:
    """What is private in each text: in order, without overlap, never inside a mask.

    By the tagger that ships, unless another one is given.
    """
    found: list[list[Span]] = [[] for _ in texts]
    patterns = [pattern for pattern in PATTERNS if pattern.kind in kinds]
    places = hinted(strings(list(texts)), [pattern.hint for pattern in patterns])
    for pattern, of_pattern in zip(patterns, places, strict=True):
        for place in of_pattern.tolist():
            found[place].extend((start, end, pattern.kind) for start, end in pattern.spans(texts[place]))
    if kinds & TAGGED:
        for spans, named in zip(found, name_spans(texts, tagger or packaged_tagger()), strict=True):
            spans.extend(span for span in named if span[2] in kinds)
    return [without_overlap(text, spans) if spans else [] for text, spans in zip(texts, found, strict=True)]


def without_overlap(text: str, spans: Sequence[Span]) -> list[Span]:
    """The spans that stand, in order: an earlier one of the list wins over a later one that meets it."""
    taken = [match.span() for match in MASK.finditer(text)] if "[" in text else []
    standing = []
    for start, end, kind in spans:
        place = bisect(taken, (start, end))
        meets = (place > 0 and taken[place - 1][1] > start) or (place < len(taken) and taken[place][0] < end)
        if end > start and not meets:
            taken.insert(place, (start, end))
            standing.append((start, end, kind))
    return sorted(standing)
