"""Which cleaned rows are fit for a release: decisions on what cleaning measured, never on text.

A filter is a reason and the rows that it applies to, as an expression over stored columns, so
a changed filter measures nothing again. `outcome` is what reviewers decided, null where nobody
did. The filters' order decides: the first that applies is the row's `drop_reason`.
"""

from collections.abc import Iterator, Sequence
from operator import gt, lt

import daft
from daft import DataFrame, Expression, col, lit
from daft.functions import list_contains, when

from dataset_platform.curate.grouping import split_group
from dataset_platform.curate.language import UNDETERMINED
from dataset_platform.curate.resolving import unresolved
from dataset_platform.curate.reviews import Outcome, Reviews
from dataset_platform.curate.safety.flags import BLOCKED
from dataset_platform.ingest import Filters
from dataset_platform.schemas import CLEAN, DECISIONS, DropReason

# These hold for edge cases too: what may never leave, and what is no conversation, however it was meant.
ALWAYS: dict[DropReason, Expression] = {
    DropReason.BLOCKED_CONTENT: list_contains(col("flags"), lit(BLOCKED.value)),
    DropReason.NO_TEXT: col("n_turns") == lit(0),
    DropReason.NO_USER_TURN: col("n_user_turns") == lit(0),
    DropReason.NO_ASSISTANT_TURN: col("n_assistant_turns") == lit(0),
    DropReason.DROPPED_IN_REVIEW: (col("outcome") == lit(Outcome.DROP.value)).fill_null(lit(False)),
}

_READ = [column.name for column in CLEAN.columns if column.name not in {"messages", "redactions"}]


def decide(
    clean: DataFrame,
    filters: Filters = Filters(),  # noqa: B008
    reviews: Reviews = Reviews(),  # noqa: B008
    split_together: Sequence[str] = (),
) -> DataFrame:
    """Lazy plan of one decision a row of `clean`, columns as in `schemas.DECISIONS`.

    In the order of `clean`, or by place where there are reviews. Rows whose attributes agree in all queries
    of `split_together` have one split_group.

    Edge cases are deliberately hard, so they only need to be conversations that may be shown.
    """
    limits = [(reason, applies & ~col("is_edge_case")) for reason, applies in _limits(filters)]
    reason = lit(None).cast(daft.DataType.string())
    for name, applies in reversed([*ALWAYS.items(), *limits]):
        reason = when(applies, lit(name.value)).otherwise(reason)
    measures = clean.select(*_READ).with_column("split_group", split_group(split_together))
    decided = _reviewed(measures.exclude("attributes"), reviews)
    return decided.with_columns({"drop_reason": reason, "unresolved": unresolved()}).select(*DECISIONS.names)


def _limits(filters: Filters) -> Iterator[tuple[DropReason, Expression]]:
    if filters.languages is not None:
        allowed = [*filters.languages, *([UNDETERMINED] if filters.undetermined else [])]
        yield DropReason.LANGUAGE_NOT_ALLOWED, ~col("language").is_in(allowed)
    for reason, column, passes_limit, limit in (
        (DropReason.TOO_FEW_TURNS, "n_turns", lt, filters.min_turns),
        (DropReason.TOO_MANY_TURNS, "n_turns", gt, filters.max_turns),
        (DropReason.TOO_SHORT, "n_chars", lt, filters.min_chars),
        (DropReason.TOO_LONG, "n_chars", gt, filters.max_chars),
        (DropReason.TOO_MANY_TOKENS, "n_tokens", gt, filters.max_tokens),
        (DropReason.REPETITIVE, "repetition", gt, filters.max_repetition),
        (DropReason.LOW_QUALITY, "quality", lt, filters.min_quality),
    ):
        if limit is not None:
            yield reason, passes_limit(col(column), lit(limit))


def _reviewed(measures: DataFrame, reviews: Reviews) -> DataFrame:
    """The rows with what reviewers decided on them: ids and numbers are joined, never text."""
    if not reviews.reviews:
        nothing = lit(None).cast(daft.DataType.string())
        return measures.with_columns({"outcome": nothing, "reviewed_by": nothing})
    reviewed = measures.join(daft.from_arrow(reviews.table()), on="conversation_id", how="left")
    return reviewed.sort(["origin_file", "origin_position"])
