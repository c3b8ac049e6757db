"""Which cleaned rows are fit for a release: decisions on what cleaning measured, never on text.

A filter is a reason and the rows that it applies to, as an expression over stored columns, so
a changed filter measures nothing again. `outcome` is what reviewers decided, null where nobody
did. `FILTERS` is their order: the first that applies is the row's `drop_reason`.
"""

import daft
from daft import DataFrame, Expression, col, lit
from daft.functions import list_contains, when

from dataset_platform.curate.resolving import unresolved
from dataset_platform.curate.reviews import Outcome, Reviews
from dataset_platform.curate.safety.flags import BLOCKED
from dataset_platform.schemas import CLEAN, DECISIONS, DropReason

FILTERS: dict[DropReason, Expression] = {
    DropReason.BLOCKED_CONTENT: list_contains(col("flags"), lit(BLOCKED.value)),
    DropReason.NO_TEXT: col("n_turns") == lit(0),
    DropReason.NO_USER_TURN: col("n_user_turns") == lit(0),
    DropReason.NO_ASSISTANT_TURN: col("n_assistant_turns") == lit(0),
    DropReason.DROPPED_IN_REVIEW: col("outcome") == lit(Outcome.DROP.value),
}

_READ = [
    column.name for column in CLEAN.columns if column.name not in {"messages", "attributes", "redactions"}
]


def decide(clean: DataFrame, reviews: Reviews = Reviews()) -> DataFrame:  # noqa: B008
    """Lazy plan of one decision a row of `clean`, columns as in `schemas.DECISIONS`, in no order."""
    reason = lit(None).cast(daft.DataType.string())
    for name, applies in reversed(FILTERS.items()):
        reason = when(applies, lit(name.value)).otherwise(reason)
    decided = _reviewed(clean.select(*_READ), reviews)
    return decided.with_columns({"drop_reason": reason, "unresolved": unresolved()}).select(*DECISIONS.names)


def _reviewed(measures: DataFrame, reviews: Reviews) -> DataFrame:
    """The rows with what reviewers decided on them: ids and numbers are joined, never text."""
    if not reviews.reviews:
        nothing = lit(None).cast(daft.DataType.string())
        return measures.with_columns({"outcome": nothing, "reviewed_by": nothing})
    return measures.join(daft.from_arrow(reviews.table()), on="conversation_id", how="left")
