"""Raw conversations become clean ones: one row in, one row out, nothing lost and nothing judged."""

from hashlib import sha256

import daft
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, Turns, strings
from dataset_platform.curate.configuration import Cleaning
from dataset_platform.curate.crisis import crisis_flags
from dataset_platform.curate.language import languages
from dataset_platform.curate.normalisation import normalise
from dataset_platform.curate.privacy import count_masks, mask_json, mask_texts, redactions
from dataset_platform.schemas import CLEAN, RAW, Role

# Rows a batch: large enough for vectorised kernels, small enough that texts stay few megabytes.
_BATCH_ROWS = 2_048
# Control characters are gone from clean text, so these cannot be forged by it.
_ROLE_END, _TURN_END = "\x1f", "\x1e"
# What the batch function reads, and what it writes in their place and beside them.
_READ = ("messages", "attributes")
_WRITTEN = (
    *_READ, "text_sha256", "language", "n_turns", "n_chars", "redactions", "flags",
    "n_user_turns", "n_assistant_turns",
)  # fmt: skip

_FROM_TEXT = ("text_sha256", "n_turns", "n_chars", "n_user_turns", "n_assistant_turns")


def clean(raw: daft.DataFrame, cleaning: Cleaning = Cleaning()) -> daft.DataFrame:  # noqa: B008
    """Lazy plan of the cleaned rows of `raw`, columns and order as in `schemas.CLEAN`.

    Every raw row gives exactly one clean row; which of them are fit for a release is
    decided later, on what is measured here (`filtering`). Row order is the engine's: sort
    where it matters. Private data is masked in the turns and in the texts inside `attributes`.
    """
    written = pa.struct([CLEAN.arrow.field(name) for name in _WRITTEN])

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(written), unnest=True, batch_size=_BATCH_ROWS)
    def cleaned(messages: daft.Series, attributes: daft.Series) -> pa.Array:
        return _cleaned(messages.to_arrow(), attributes.to_arrow(), cleaning)

    carried = [name for name in CLEAN.names if name not in _WRITTEN]
    return raw.select(*carried, cleaned(*(daft.col(name) for name in _READ))).select(*CLEAN.names)


def clean_text(raw: daft.DataFrame) -> daft.DataFrame:
    """Lazy plan of the rows of `raw` with their turns normalised, and what follows from the text alone.

    Columns: those of schemas.RAW, then those of `_FROM_TEXT`, each as in `clean` where that masks nothing.
    """
    added = pa.struct([CLEAN.arrow.field(name) for name in ("messages", *_FROM_TEXT)])

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(added), unnest=True, batch_size=_BATCH_ROWS)
    def cleaned(messages: daft.Series) -> pa.Array:
        turns = _tidied(Turns.of(messages.to_arrow()))
        columns = {"messages": turns.messages(), **_from_text(turns)}
        return pa.StructArray.from_arrays(list(columns.values()), names=list(columns))

    carried = [name for name in RAW.names if name != "messages"]
    return raw.select(*carried, cleaned(daft.col("messages"))).select(*RAW.names, *_FROM_TEXT)


def _cleaned(messages: pa.Array, attributes: pa.Array, cleaning: Cleaning) -> pa.StructArray:
    tidy = _tidied(Turns.of(messages))
    turns = tidy.saying(mask_texts(tidy.contents, cleaning.kinds))
    attributes = attributes.cast(pa.large_string())
    masked_attributes = mask_json(attributes, cleaning.kinds)
    in_turns = turns.sums(count_masks(turns.contents) - count_masks(tidy.contents))
    in_attributes = count_masks(masked_attributes) - count_masks(attributes)
    columns = {
        "messages": turns.messages(),
        "attributes": masked_attributes,
        "language": languages(turns.texts(), cleaning),
        "redactions": redactions(in_turns + in_attributes),
        "flags": crisis_flags(turns.having(Role.USER).texts()),
        **_from_text(turns),
    }
    return pa.StructArray.from_arrays([columns[name] for name in _WRITTEN], names=list(_WRITTEN))


def _from_text(turns: Turns) -> dict[str, pa.Array]:
    return {
        "text_sha256": _digests(turns),
        "n_turns": _counts(turns),
        "n_chars": pa.array(turns.sums(pc.utf8_length(turns.contents).to_numpy())),
        "n_user_turns": _counts(turns.having(Role.USER)),
        "n_assistant_turns": _counts(turns.having(Role.ASSISTANT)),
    }


def _tidied(turns: Turns) -> Turns:
    return turns.saying(normalise(turns.contents)).not_empty().merged()


def _digests(turns: Turns) -> StringColumn:
    """Hex of SHA-256 over the roles and texts of each conversation, separated unambiguously."""
    said = turns.saying(
        pc.binary_join_element_wise(turns.roles, turns.contents, pa.scalar(_ROLE_END, pa.large_string()))
    )
    return strings([sha256(text.encode()).hexdigest() for text in said.texts(_TURN_END).to_pylist()])


def _counts(turns: Turns) -> pa.Array:
    """How many turns each conversation has."""
    return pa.array(np.diff(turns.offsets()), pa.int32())
