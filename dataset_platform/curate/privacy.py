"""Private data is found by patterns and by a tagger, and gives way to pseudonyms."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, Turns, named_counts, strings
from dataset_platform.curate.configuration import Cleaning, PrivateKind, Pseudonyms
from dataset_platform.curate.masking import Masked, masked_texts
from dataset_platform.curate.private_spans import Kinds
from dataset_platform.curate.pseudonyms import shown
from dataset_platform.curate.surrogates import Surrogates
from dataset_platform.schemas import REDACTION

# A field of `attributes` with fewer words is a label such as a category: no prose with names in it.
_PROSE = r"(?:\S+\s+){5}\S"
_KINDS = list(PrivateKind)


@dataclass(frozen=True)
class Pseudonymised:
    """Conversations without private data; `counts` of what was replaced, shape (rows, kinds as declared)."""

    contents: StringColumn
    attributes: StringColumn
    counts: np.ndarray


def pseudonymised(
    turns: Turns,
    attributes: StringColumn,
    conversation_ids: StringColumn,
    cleaning: Cleaning,
    surrogates: Surrogates | None = None,
) -> Pseudonymised:
    """Turns, and JSON documents of the same conversations, with private data replaced.

    What has one pseudonym in the turns has it in the document, too; of a document only the string
    values change. Raises ValueError for surrogates without a key.
    """
    counts = np.zeros((turns.n_rows, len(_KINDS)), np.int64)
    if not cleaning.kinds:
        return Pseudonymised(turns.contents, attributes, counts)
    documents = [orjson.loads(document) for document in attributes.to_pylist()]
    leaves = [(row, leaf) for row, document in enumerate(documents) for leaf in _leaves(document)]
    texts = [*turns.contents.to_pylist(), *(leaf for _, leaf in leaves)]
    owners = [*turns.rows.tolist(), *(row for row, _ in leaves)]
    prose = pc.match_substring_regex(strings([leaf for _, leaf in leaves]), _PROSE).to_pylist()
    masked = masked_texts(texts, owners, [*[True] * len(turns.rows), *prose], cleaning.kinds)
    for owner, text in zip(owners, masked, strict=True):
        for kind, _ in filter(None, text.hidden):
            counts[owner, _KINDS.index(kind)] += 1
    written = _written(masked, owners, conversation_ids.to_pylist(), cleaning.pseudonyms, surrogates)
    values = iter(written[len(turns.rows) :])
    rebuilt = [orjson.dumps(_with_leaves(d, values), option=orjson.OPT_SORT_KEYS).decode() for d in documents]
    return Pseudonymised(strings(written[: len(turns.rows)]), strings(rebuilt), counts)


def redactions(counts: np.ndarray) -> pa.Array:
    """Counts of shape (rows, kinds) as the `redactions` column: kinds that occur, sorted by name."""
    by_name = sorted(PrivateKind)
    return named_counts(counts[:, [_KINDS.index(kind) for kind in by_name]], by_name, REDACTION)


def mask_texts(texts: StringColumn, kinds: Kinds) -> StringColumn:
    """The texts with plain masks for private data of these kinds, each for itself."""
    said = texts.to_pylist()
    masked = masked_texts(said, range(len(said)), [True] * len(said), kinds)
    return strings([text.text for text in masked])


def _written(
    masked: list[Masked],
    owners: list[int],
    conversation_ids: list[str],
    style: Pseudonyms,
    surrogates: Surrogates | None,
) -> list[str]:
    """The texts with pseudonyms; only conversations that hide something are looked at one by one."""
    written = [text.text for text in masked]
    hiding = {owner for owner, text in zip(owners, masked, strict=True) if any(text.hidden)}
    places = sorted((owner, place) for place, owner in enumerate(owners) if owner in hiding)
    for owner, group in groupby(places, key=lambda found: found[0]):
        of_owner = [place for _, place in group]
        said = shown([masked[place] for place in of_owner], style, surrogates, conversation_ids[owner])
        for place, text in zip(of_owner, said, strict=True):
            written[place] = text
    return written


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
