"""Which cleaned rows are fit for a release: decisions on what cleaning measured, never on text.

A filter is a reason and the rows that it applies to, as an expression over stored columns, so
a changed filter measures nothing again. `FILTERS` is their order: the first that applies is
the row's `drop_reason`.
"""

import daft
from daft import DataFrame, Expression, col, lit
from daft.functions import when

from dataset_platform.schemas import DECISIONS, DropReason

FILTERS: dict[DropReason, Expression] = {
    DropReason.NO_TEXT: col("n_turns") == lit(0),
    DropReason.NO_USER_TURN: col("n_user_turns") == lit(0),
    DropReason.NO_ASSISTANT_TURN: col("n_assistant_turns") == lit(0),
}


def decide(clean: DataFrame) -> DataFrame:
    """Lazy plan of one decision a row of `clean`, columns as in `schemas.DECISIONS`, in no order."""
    reason = lit(None).cast(daft.DataType.string())
    for name, applies in reversed(FILTERS.items()):
        reason = when(applies, lit(name.value)).otherwise(reason)
    return clean.with_column("drop_reason", reason).select(*DECISIONS.names)
