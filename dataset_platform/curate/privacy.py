"""Private data is found by patterns and by a tagger, and gives way to masks that nobody mistakes."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, strings
from dataset_platform.curate.configuration import PrivateKind
from dataset_platform.curate.private_names import Span, name_spans
from dataset_platform.curate.private_patterns import PATTERNS
from dataset_platform.schemas import REDACTION

Kinds = frozenset[PrivateKind]

_TAGGED = frozenset({PrivateKind.NAME, PrivateKind.LOCATION})
_MASK = re.compile("|".join(re.escape(kind.mask) for kind in PrivateKind))
# A field of `attributes` with fewer words is a label such as a category: no prose with names in it.
_PROSE = re.compile(r"(?:\S+\s+){5}\S")


def mask_texts(texts: StringColumn, kinds: Kinds) -> StringColumn:
    """The texts with private data of these kinds masked; each distinct text is read once.

    A masked text is read again until nothing more is found, because a mask changes what the
    tagger sees around it. So masking twice equals once, and a second look finds no new thing.
    """
    if not kinds:
        return texts
    encoded = texts.dictionary_encode()
    masked = encoded.dictionary.to_pylist()
    unsettled = list(range(len(masked)))
    while unsettled:
        spans = _spans(strings([masked[place] for place in unsettled]), kinds)
        found = [(place, found) for place, found in zip(unsettled, spans, strict=True) if found]
        for place, text_spans in found:
            masked[place] = _with_masks(masked[place], text_spans)
        unsettled = [place for place, _ in found]
    return strings(masked).take(encoded.indices)


def mask_json(documents: StringColumn, kinds: Kinds) -> StringColumn:
    """JSON documents with private data masked inside their string values; keys and numbers stay."""
    if not kinds:
        return documents
    encoded = documents.dictionary_encode()
    parsed = [orjson.loads(document) for document in encoded.dictionary.to_pylist()]
    leaves = strings([leaf for value in parsed for leaf in _leaves(value)])
    prose = pc.match_substring_regex(leaves, _PROSE.pattern)
    masked = pc.if_else(prose, mask_texts(leaves, kinds), mask_texts(leaves, kinds - _TAGGED))
    values = iter(masked.to_pylist())
    rebuilt = [orjson.dumps(_with_leaves(value, values), option=orjson.OPT_SORT_KEYS) for value in parsed]
    return strings([document.decode() for document in rebuilt]).take(encoded.indices)


def count_masks(column: StringColumn) -> np.ndarray:
    """How many masks of each kind every string holds; shape (strings, kinds), kinds as declared."""
    return np.stack([pc.count_substring(column, kind.mask).to_numpy() for kind in PrivateKind], axis=1)


def redactions(counts: np.ndarray) -> pa.Array:
    """Counts of shape (rows, kinds) as the `redactions` column: kinds that occur, sorted by name."""
    names = np.array([kind.value for kind in PrivateKind])
    by_name = np.argsort(names)
    rows, columns = np.nonzero(counts[:, by_name])
    flat = pa.StructArray.from_arrays(
        [strings(names[by_name][columns].tolist()), pa.array(counts[:, by_name][rows, columns], pa.int32())],
        fields=[pa.field("kind", pa.large_string(), nullable=False), REDACTION.field("count")],
    )
    offsets = np.searchsorted(rows, np.arange(len(counts) + 1))
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), flat)


def _spans(texts: StringColumn, kinds: Kinds) -> list[list[Span]]:
    """What to mask in each text: in order, without overlap, never inside a mask."""
    found: list[list[Span]] = [[] for _ in range(len(texts))]
    for pattern in PATTERNS:
        if pattern.kind not in kinds:
            continue
        hinted = pc.match_substring_regex(texts, pattern.hint).to_numpy(zero_copy_only=False).nonzero()[0]
        for place, text in zip(hinted, texts.take(pa.array(hinted)).to_pylist(), strict=True):
            found[place].extend((start, end, pattern.kind) for start, end in pattern.spans(text))
    if kinds & _TAGGED:
        for spans, tagged in zip(found, name_spans(texts), strict=True):
            spans.extend(span for span in tagged if span[2] in kinds)
    return [
        _without_overlap(text, spans) if spans else []
        for text, spans in zip(texts.to_pylist(), found, strict=True)
    ]


def _without_overlap(text: str, spans: list[Span]) -> list[Span]:
    """The spans that stand: an earlier one of the list wins over a later one that meets it."""
    if not spans:
        return []
    taken = [match.span() for match in _MASK.finditer(text)]
    standing = []
    for start, end, kind in spans:
        if end > start and all(end <= other_start or start >= other_end for other_start, other_end in taken):
            taken.append((start, end))
            standing.append((start, end, kind))
    return sorted(standing)


def _with_masks(text: str, spans: list[Span]) -> str:
    """The text with each span replaced by the mask of its kind."""
    parts, position = [], 0
    for start, end, kind in spans:
        parts += [text[position:start], kind.mask]
        position = end
    return "".join([*parts, text[position:]])


def _leaves(value: Any) -> Iterator[str]:
    """The strings of a JSON value, in the order in which `_with_leaves` puts them back."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)


def _with_leaves(value: Any, leaves: Iterator[str]) -> Any:
    if isinstance(value, str):
        return next(leaves)
    if isinstance(value, dict):
        return {key: _with_leaves(part, leaves) for key, part in value.items()}
    if isinstance(value, list):
        return [_with_leaves(part, leaves) for part in value]
    return value
