"""Which flags of a row nobody has resolved yet: rules first, then the decisions of reviewers."""

import daft
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from daft import Expression, col

from dataset_platform.curate.reviews import Outcome
from dataset_platform.curate.safety.flags import CRISIS, Flag, Response, Severity

REVIEW_CONFLICT = "review_conflict"
# A rule resolves up to this severity, and none of these kinds: what is graver, and what is said to delusions
# or threats, takes a person.
RESOLVED_BY_RULE = Severity.MODERATE
LEFT_TO_PEOPLE = (Flag.PSYCHOSIS, Flag.HARM_TO_OTHERS, Flag.OVERDOSE)
_NAMES = daft.DataType.list(daft.DataType.string())


def unresolved() -> Expression:
    """The flags of each row that neither a rule nor a reviewer has resolved, sorted.

    Edge cases are hard on purpose and have none. Crises up to `RESOLVED_BY_RULE` are resolved where
    the replies to them are good enough (`answered`). Reviewers who agree to keep resolve every flag;
    where they disagree the row keeps its flags and `review_conflict` joins them.
    Reads flags, is_edge_case, crisis_severity, crisis_response and outcome.
    """
    return _unresolved(
        col("flags"), col("is_edge_case"), col("crisis_severity"), col("crisis_response"), col("outcome")
    )


@daft.func.batch(return_dtype=_NAMES)
def _unresolved(
    flags: daft.Series,
    is_edge: daft.Series,
    severity: daft.Series,
    response: daft.Series,
    outcome: daft.Series,
) -> pa.Array:
    decided = pc.fill_null(outcome.to_arrow().cast(pa.large_string()), "")
    conflict = _true(pc.equal(decided, Outcome.CONFLICT.value))
    settled = _true(is_edge.to_arrow()) | _true(pc.equal(decided, Outcome.KEEP.value))
    rows, names = _flat(flags.to_arrow())
    is_crisis = _true(pc.starts_with(names, CRISIS))
    resolved = answered(flags.to_arrow(), severity.to_arrow(), response.to_arrow())
    open_ = ~settled[rows] & ~(is_crisis & resolved[rows])
    disputed = np.flatnonzero(conflict)
    rows = np.concatenate([rows[open_], disputed])
    names = np.concatenate(
        [names.to_numpy(zero_copy_only=False)[open_], np.full(len(disputed), REVIEW_CONFLICT)]
    )
    order = np.lexsort((names.astype(str), rows))
    offsets = np.searchsorted(rows[order], np.arange(len(decided) + 1))
    return pa.LargeListArray.from_arrays(
        pa.array(offsets, pa.int64()), pa.array(names[order], pa.large_string())
    )


def answered(flags: pa.Array, severity: pa.Array, response: pa.Array) -> np.ndarray:
    """Whether a crisis was answered well enough to need no reviewer.

    The replies right after it acknowledge or assess it and point to help, it is not `HIGH`, and none of
    `LEFT_TO_PEOPLE` is among the flags.
    """
    rows, names = _flat(response)
    does = {
        what: np.bincount(rows[_true(pc.equal(names, what.value))], minlength=len(severity)) > 0
        for what in Response
    }
    heard = does[Response.ACKNOWLEDGES] | does[Response.ASSESSES]
    grave = severity.to_numpy(zero_copy_only=False) > RESOLVED_BY_RULE
    flagged, flag = _flat(flags)
    delicate = _true(pc.is_in(flag, pa.array([str(kind) for kind in LEFT_TO_PEOPLE], pa.large_string())))
    left = np.bincount(flagged[delicate], minlength=len(severity)) > 0
    return np.asarray(does[Response.POINTS_TO_HELP] & heard & ~grave & ~left)


def _flat(lists: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """Row and value of every entry of the lists."""
    return pc.list_parent_indices(lists).to_numpy(), pc.list_flatten(lists).cast(pa.large_string())


def _true(values: pa.Array) -> np.ndarray:
    return np.asarray(values.to_numpy(zero_copy_only=False), bool)
