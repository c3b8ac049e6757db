"""Raw conversations become clean ones: one row in, one row out, nothing lost and nothing judged."""

from collections.abc import Set
from functools import partial
from hashlib import sha256
from itertools import pairwise

import daft
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.closings import closings_of, has_lines
from dataset_platform.curate.columns import StringColumn, Turns, string_bytes, strings
from dataset_platform.curate.configuration import Cleaning
from dataset_platform.curate.edits import edits, with_reasoning
from dataset_platform.curate.language import languages
from dataset_platform.curate.measures import measures
from dataset_platform.curate.normalisation import tidy
from dataset_platform.curate.privacy import pseudonymised, redactions
from dataset_platform.curate.safety import measure
from dataset_platform.curate.surrogates import Surrogates
from dataset_platform.errors import told_by_worker
from dataset_platform.schemas import CLEAN, RAW, Role
from dataset_platform.workers import in_worker

# Rows a batch: large enough for vectorised kernels, small enough that texts stay few megabytes.
_BATCH_ROWS = 2_048
# Fewer are cleaned sooner than processes start and read their models, which takes some two seconds.
_WORTH_PROCESSES_ROWS = 3 * _BATCH_ROWS
# Control characters are gone from clean text, so these cannot be forged by it.
_ROLE_END, _TURN_END = "\x1f", "\x1e"
_NO_ATTRIBUTES = pa.scalar("{}", pa.large_string())
# What the batch function reads, and what it writes in their place and beside them.
_READ = ("messages", "attributes")
_WRITTEN = (
    *_READ, "text_sha256", "language", "n_turns", "n_chars", "redactions", "flags",
    "crisis_severity", "toxicity", "crisis_response", "repetition", "quality", "n_tokens",
    "n_user_turns", "n_assistant_turns", "edits",
)  # fmt: skip

_FROM_TEXT = ("text_sha256", "n_turns", "n_chars", "n_user_turns", "n_assistant_turns")


def clean(
    raw: daft.DataFrame,
    cleaning: Cleaning = Cleaning(),  # noqa: B008
    closings: Set[int] = frozenset(),
    surrogates: Surrogates | None = None,
    n_rows: int = 0,
) -> daft.DataFrame:
    """Lazy plan of the cleaned rows of `raw`, columns and order as in `schemas.CLEAN`.

    Every raw row gives exactly one clean row; which of them are fit for a release is
    decided later, on what is measured here (`filtering`). Row order is the engine's: sort
    where it matters. Private data is replaced in the turns and in the texts inside `attributes`.
    `closings` are what `repeated_closings` found in the whole source; `surrogates` hold the key that
    `cleaning.pseudonyms` may ask for. `n_rows` says about how many they are: where they are many, worker
    processes clean them, as most of the work holds Python's lock.
    """
    written = pa.struct([CLEAN.arrow.field(name) for name in _WRITTEN])
    work = partial(_cleaned, cleaning=cleaning, closings=closings, surrogates=surrogates)

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(written), unnest=True, batch_size=_BATCH_ROWS)
    def cleaned(ids: daft.Series, messages: daft.Series, attributes: daft.Series) -> pa.Array:
        columns = [ids.to_arrow(), messages.to_arrow(), attributes.to_arrow()]
        rows = pa.RecordBatch.from_arrays(columns, ["conversation_id", *_READ])
        if n_rows < _WORTH_PROCESSES_ROWS:
            return work(rows)
        with told_by_worker():
            return in_worker(work, rows, "cleans conversations")

    carried = [name for name in CLEAN.names if name not in _WRITTEN]
    return raw.select(*carried, cleaned(*map(daft.col, ("conversation_id", *_READ)))).select(*CLEAN.names)


def clean_text(raw: daft.DataFrame, cleaning: Cleaning = Cleaning()) -> daft.DataFrame:  # noqa: B008
    """Lazy plan of the rows of `raw` with their turns tidied, and what follows from the text alone.

    Columns: those of schemas.RAW, then those of `_FROM_TEXT`, each as in `clean` where that masks nothing.
    """
    added = pa.struct([CLEAN.arrow.field(name) for name in ("messages", *_FROM_TEXT)])

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(added), unnest=True, batch_size=_BATCH_ROWS)
    def cleaned(messages: daft.Series) -> pa.Array:
        turns = tidy(Turns.of(messages.to_arrow()), cleaning).turns
        columns = {"messages": turns.messages(), "text_sha256": _digests(turns), **_sizes(turns)}
        return pa.StructArray.from_arrays(list(columns.values()), names=list(columns))

    carried = [name for name in RAW.names if name != "messages"]
    return raw.select(*carried, cleaned(daft.col("messages"))).select(*RAW.names, *_FROM_TEXT)


def repeated_closings(raw: daft.DataFrame, cleaning: Cleaning = Cleaning()) -> frozenset[int]:  # noqa: B008
    """Digests of the closing lines that this source repeats under many conversations, for `clean`."""
    at_least = max(cleaning.closings_min_conversations, int(cleaning.closings_min_share * raw.count_rows()))
    counted = (
        closings_by_file(raw, cleaning).groupby("closing").agg(daft.col("closing").count().alias("rows"))
    )
    return frozenset(counted.where(daft.col("rows") >= daft.lit(at_least)).to_pydict()["closing"])


def closings_by_file(raw: daft.DataFrame, cleaning: Cleaning) -> daft.DataFrame:
    """Lazy plan of `origin_file` and `closing`, a row for each closing that a conversation might have."""

    @daft.func.batch(return_dtype=daft.DataType.list(daft.DataType.uint64()), batch_size=_BATCH_ROWS)
    def closings(messages: daft.Series) -> pa.Array:
        turns = Turns.of(messages.to_arrow())
        lined = turns.at(np.flatnonzero(has_lines(turns.contents).to_numpy(zero_copy_only=False)))
        return closings_of(tidy(lined, cleaning).turns)

    found = raw.select("origin_file", closings(daft.col("messages")).alias("closing"))
    return found.where(daft.col("closing").list_count("all") > daft.lit(0)).explode("closing")


def _cleaned(
    rows: pa.RecordBatch, cleaning: Cleaning, closings: Set[int], surrogates: Surrogates | None
) -> pa.StructArray:
    tidied = tidy(Turns.of(rows["messages"]), cleaning, closings)
    attributes = with_reasoning(rows["attributes"].cast(pa.large_string()), tidied.taken)
    private = pseudonymised(tidied.turns, attributes, rows["conversation_id"], cleaning, surrogates)
    turns = tidied.turns.saying(private.contents)
    language = languages(turns.texts(), cleaning)
    safety = measure(turns, private.attributes)
    # Of blocked rows nothing is kept but counts.
    kept = turns.of_rows(~safety.blocked)
    columns = {
        "messages": kept.messages(),
        "attributes": pc.if_else(pa.array(safety.blocked), _NO_ATTRIBUTES, private.attributes),
        "text_sha256": _digests(kept),
        "language": language,
        "redactions": redactions(private.counts),
        "flags": safety.flags,
        "crisis_severity": safety.crisis_severity,
        "toxicity": safety.toxicity,
        "crisis_response": safety.crisis_response,
        "edits": edits(tidied.edits),
        **measures(turns, language),
        **_sizes(turns),
    }
    return pa.StructArray.from_arrays([columns[name] for name in _WRITTEN], names=list(_WRITTEN))


def _sizes(turns: Turns) -> dict[str, pa.Array]:
    return {
        "n_turns": pa.array(np.diff(turns.offsets()), pa.int32()),
        "n_chars": pa.array(turns.sums(pc.utf8_length(turns.contents).to_numpy())),
        "n_user_turns": _counts(turns, Role.USER),
        "n_assistant_turns": _counts(turns, Role.ASSISTANT),
    }


def _digests(turns: Turns) -> StringColumn:
    """Hex of SHA-256 over the roles and texts of each conversation, separated unambiguously."""
    said = turns.saying(
        pc.binary_join_element_wise(turns.roles, turns.contents, pa.scalar(_ROLE_END, pa.large_string()))
    )
    bounds, octets = string_bytes(said.texts(_TURN_END))
    return strings([sha256(octets[start:end]).hexdigest() for start, end in pairwise(bounds.tolist())])


def _counts(turns: Turns, role: Role) -> pa.Array:
    """How many turns of one role each conversation has."""
    return pa.array(turns.counted(turns.said_by(role)), pa.int32())
