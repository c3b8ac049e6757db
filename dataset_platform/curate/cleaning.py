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
from dataset_platform.curate.privacy import pseudonymised, redactions
from dataset_platform.curate.surrogates import Surrogates
from dataset_platform.schemas import CLEAN, Role

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


def clean(
    raw: daft.DataFrame,
    cleaning: Cleaning = Cleaning(),  # noqa: B008
    surrogates: Surrogates | None = None,
) -> daft.DataFrame:
    """Lazy plan of the cleaned rows of `raw`, columns and order as in `schemas.CLEAN`.

    Every raw row gives exactly one clean row; which of them are fit for a release is
    decided later, on what is measured here (`filtering`). Row order is the engine's: sort
    where it matters. Private data is replaced in the turns and in the texts inside `attributes`;
    `surrogates` hold the key that `cleaning.pseudonyms` may ask for.
    """
    written = pa.struct([CLEAN.arrow.field(name) for name in _WRITTEN])

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(written), unnest=True, batch_size=_BATCH_ROWS)
    def cleaned(ids: daft.Series, messages: daft.Series, attributes: daft.Series) -> pa.Array:
        return _cleaned(ids.to_arrow(), messages.to_arrow(), attributes.to_arrow(), cleaning, surrogates)

    carried = [name for name in CLEAN.names if name not in _WRITTEN]
    return raw.select(*carried, cleaned(*map(daft.col, ("conversation_id", *_READ)))).select(*CLEAN.names)


def _cleaned(
    ids: pa.Array, messages: pa.Array, attributes: pa.Array, cleaning: Cleaning, surrogates: Surrogates | None
) -> pa.StructArray:
    tidy = _tidied(Turns.of(messages))
    private = pseudonymised(tidy, attributes.cast(pa.large_string()), ids, cleaning, surrogates)
    turns = tidy.saying(private.contents)
    columns = {
        "messages": turns.messages(),
        "attributes": private.attributes,
        "text_sha256": _digests(turns),
        "language": languages(turns.texts(), cleaning),
        "n_turns": _counts(turns),
        "n_chars": pa.array(turns.sums(pc.utf8_length(turns.contents).to_numpy())),
        "redactions": redactions(private.counts),
        "flags": crisis_flags(turns.having(Role.USER).texts()),
        "n_user_turns": _counts(turns.having(Role.USER)),
        "n_assistant_turns": _counts(turns.having(Role.ASSISTANT)),
    }
    return pa.StructArray.from_arrays([columns[name] for name in _WRITTEN], names=list(_WRITTEN))


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
