"""Raw conversations become clean ones: one row in, one row out, nothing lost."""

from hashlib import sha256

import daft
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import StringColumn, Turns, strings
from dataset_platform.curate.configuration import Cleaning
from dataset_platform.curate.crisis import crisis_flags
from dataset_platform.curate.language import UNDETERMINED, languages
from dataset_platform.curate.normalisation import normalise
from dataset_platform.curate.privacy import count_masks, mask_json, mask_texts, redactions
from dataset_platform.schemas import CLEAN, DropReason, Role

# Rows a batch: large enough for vectorised kernels, small enough that texts stay few megabytes.
_BATCH_ROWS = 2_048
# Control characters are gone from clean text, so these cannot be forged by it.
_ROLE_END, _TURN_END = "\x1f", "\x1e"
# What the batch function reads, and what it writes in their place and beside them.
_READ = ("messages", "attributes")
_WRITTEN = (
    *_READ, "text_sha256", "language", "n_turns", "n_chars", "redactions", "flags", "drop_reason",
)  # fmt: skip


def clean(raw: daft.DataFrame, cleaning: Cleaning = Cleaning()) -> daft.DataFrame:  # noqa: B008
    """Lazy plan of the cleaned rows of `raw`, columns and order as in `schemas.CLEAN`.

    Every raw row gives exactly one clean row; rows fit for no release say so in
    `drop_reason`. Row order is the engine's: sort where it matters. Private data
    is masked in the turns and in the texts inside `attributes`.
    """
    written = pa.struct([CLEAN.arrow.field(name) for name in _WRITTEN])

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(written), unnest=True, batch_size=_BATCH_ROWS)
    def cleaned(messages: daft.Series, attributes: daft.Series) -> pa.Array:
        return _cleaned(messages.to_arrow(), attributes.to_arrow(), cleaning)

    carried = [name for name in CLEAN.names if name not in _WRITTEN]
    return raw.select(*carried, cleaned(*(daft.col(name) for name in _READ))).select(*CLEAN.names)


def tidy(raw: daft.DataFrame) -> daft.DataFrame:
    """Lazy plan of the rows of `raw` with their text tidied and nothing masked, named or flagged.

    Columns and order are those of `clean`, and so are the values of `messages` where no private data is;
    `language` is `und`, `redactions` and `flags` are empty, `attributes` are as in `raw`.
    """
    names = [name for name in _WRITTEN if name != "attributes"]
    written = pa.struct([CLEAN.arrow.field(name) for name in names])

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(written), unnest=True, batch_size=_BATCH_ROWS)
    def tidied(messages: daft.Series) -> pa.Array:
        turns = _tidied(Turns.of(messages.to_arrow()))
        rows = turns.n_rows
        columns = {
            **_text_columns(turns),
            "language": pa.repeat(UNDETERMINED, rows),
            "redactions": pa.array([[]] * rows, written.field("redactions").type),
            "flags": pa.array([[]] * rows, written.field("flags").type),
        }
        return pa.StructArray.from_arrays([columns[name] for name in names], names=names)

    carried = [name for name in CLEAN.names if name not in names]
    return raw.select(*carried, tidied(daft.col("messages"))).select(*CLEAN.names)


def _cleaned(messages: pa.Array, attributes: pa.Array, cleaning: Cleaning) -> pa.StructArray:
    tidy = _tidied(Turns.of(messages))
    turns = tidy.saying(mask_texts(tidy.contents, cleaning.kinds))
    attributes = attributes.cast(pa.large_string())
    masked_attributes = mask_json(attributes, cleaning.kinds)
    in_turns = turns.sums(count_masks(turns.contents) - count_masks(tidy.contents))
    in_attributes = count_masks(masked_attributes) - count_masks(attributes)
    columns = {
        **_text_columns(turns),
        "attributes": masked_attributes,
        "language": languages(turns.texts(), cleaning),
        "redactions": redactions(in_turns + in_attributes),
        "flags": crisis_flags(turns.having(Role.USER).texts()),
    }
    return pa.StructArray.from_arrays([columns[name] for name in _WRITTEN], names=list(_WRITTEN))


def _text_columns(turns: Turns) -> dict[str, pa.Array]:
    """What follows from the text alone."""
    return {
        "messages": turns.messages(),
        "text_sha256": _digests(turns),
        "n_turns": pa.array(np.diff(turns.offsets()), pa.int32()),
        "n_chars": pa.array(turns.sums(pc.utf8_length(turns.contents).to_numpy())),
        "drop_reason": _drop_reasons(turns),
    }


def _tidied(turns: Turns) -> Turns:
    return turns.saying(normalise(turns.contents)).not_empty().merged()


def _digests(turns: Turns) -> StringColumn:
    """Hex of SHA-256 over the roles and texts of each conversation, separated unambiguously."""
    said = turns.saying(
        pc.binary_join_element_wise(turns.roles, turns.contents, pa.scalar(_ROLE_END, pa.large_string()))
    )
    return strings([sha256(text.encode()).hexdigest() for text in said.texts(_TURN_END).to_pylist()])


def _drop_reasons(turns: Turns) -> StringColumn:
    """The first reason that applies, or null."""
    reasons = pa.nulls(turns.n_rows, pa.string())
    for absent, reason in (
        (turns.having(Role.ASSISTANT), DropReason.NO_ASSISTANT_TURN),
        (turns.having(Role.USER), DropReason.NO_USER_TURN),
        (turns, DropReason.NO_TEXT),
    ):
        empty = pa.array(np.diff(absent.offsets()) == 0)
        reasons = pc.if_else(empty, reason.value, reasons)
    return reasons
