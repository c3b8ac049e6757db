"""The review queue of a release: a bounded list of conversations for a person to see, most urgent first."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import daft
import numpy as np
import pyarrow as pa
from daft import col
from numpy.typing import NDArray

from dataset_platform.quality.judged import Judged
from dataset_platform.quality.private_data import KINDS
from dataset_platform.quality.red_lines import NAMES as RED_LINES
from dataset_platform.quality.review.reasons import Reason, reasons
from dataset_platform.quality.traits import Heads
from dataset_platform.schemas import MESSAGE

MOST_QUEUED = 1_000
MOST_CHARS = 20_000
SCORES = ("crisis_probability", "toxicity", "crisis_handling", "appropriateness", "coherence")
_NAMES = pa.list_(pa.field("element", pa.string(), nullable=False))
SCHEMA = pa.schema(
    [
        pa.field("rank", pa.int32(), nullable=False),
        pa.field("conversation_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("reasons", _NAMES, nullable=False),
        pa.field("findings", _NAMES, nullable=False),
        pa.field("crisis_severity", pa.int32(), nullable=False),
        *(pa.field(name, pa.float64()) for name in SCORES),
        pa.field("messages", pa.list_(pa.field("element", MESSAGE, nullable=False)), nullable=False),
    ]
)


@dataclass(frozen=True)
class Queue:
    """What waits: the conversations of each reason, and the places of those listed, most urgent first."""

    judged: Judged
    masks: dict[Reason, NDArray[np.bool_]]
    listed: NDArray[np.int64]

    @property
    def waiting(self) -> int:
        return int(np.any(list(self.masks.values()), axis=0).sum())

    @property
    def counts(self) -> dict[str, int]:
        """Conversations that wait for each reason, listed or not; one with several counts at each."""
        return {str(reason): int(mask.sum()) for reason, mask in self.masks.items() if mask.any()}


def queue_of(
    judged: Judged,
    heads: Heads,
    settled: Collection[str],
    disputed: Collection[str],
    precise: Collection[str],
    most: int = MOST_QUEUED,
) -> Queue:
    """At most `most` conversations, by their gravest reason, then severity, probability of a crisis and id.

    Left out are those that reviewers have `settled`; `disputed` and `precise` are as in `reasons`.
    """
    ids = judged.facts["conversation_id"]
    is_settled = np.isin(ids, np.array(sorted(settled), dtype=object))
    is_disputed = np.isin(ids, np.array(sorted(disputed), dtype=object))
    masks = {
        reason: mask & ~is_settled
        for reason, mask in reasons(judged, heads, is_disputed, precise).items()
    }  # fmt: skip
    stacked = np.array([masks[reason] for reason in Reason])
    waiting = np.flatnonzero(stacked.any(axis=0))
    gravest = stacked.argmax(axis=0)[waiting]
    severity = judged.findings["crisis_severity"][waiting]
    probability = np.nan_to_num(judged.findings["crisis_probability"][waiting])
    order = np.lexsort((ids[waiting].astype(str), -probability, -severity, gravest))
    return Queue(judged, masks, waiting[order][:most])


def queue_table(queue: Queue, rows: daft.DataFrame) -> pa.Table:
    """The listed conversations with their masked text, as in `SCHEMA`; long ones are cut and say so."""
    ids = [str(id_) for id_ in queue.judged.facts["conversation_id"][queue.listed]]
    texts = rows.where(col("conversation_id").is_in(ids)) if ids else rows.limit(0)
    found = {
        row["conversation_id"]: row
        for row in texts.select("conversation_id", "split", "unresolved", "messages").to_pylist()
    }
    entries = [
        _entry(queue, int(place), rank, found[id_])
        for rank, (id_, place) in enumerate(zip(ids, queue.listed, strict=True), start=1)
    ]
    return pa.Table.from_pylist(entries, schema=SCHEMA)


def _entry(queue: Queue, place: int, rank: int, row: dict[str, Any]) -> dict[str, Any]:
    facts, findings = queue.judged.facts, queue.judged.findings
    scores = {name: float(findings[name][place]) for name in SCORES}
    return {
        "rank": rank,
        "conversation_id": row["conversation_id"],
        "source": facts["source"][place],
        "stage": facts["stage"][place],
        "split": row["split"],
        "reasons": [str(reason) for reason, mask in queue.masks.items() if mask[place]],
        "findings": [
            *(f"flag: {flag}" for flag in row["unresolved"]),
            *(f"private data: {kind.name}" for kind in KINDS if findings[f"private_{kind.name}"][place]),
            *(f"red line: {name}" for name in RED_LINES if findings[f"red line {name}"][place]),
        ],
        "crisis_severity": int(findings["crisis_severity"][place]),
        **{name: None if np.isnan(value) else round(value, 4) for name, value in scores.items()},
        "messages": _cut(row["messages"]),
    }


def _cut(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """The turns up to `MOST_CHARS` characters in all, the last one cut with a word about what is missing."""
    left = MOST_CHARS
    kept: list[dict[str, str]] = []
    for number, message in enumerate(messages):
        text = message["content"]
        if len(text) > left:
            missing = sum(len(m["content"]) for m in messages[number:]) - left
            note = f" [… {missing:,} more characters, which the release has]"
            return [*kept, {**message, "content": text[:left] + note}]
        left -= len(text)
        kept.append(message)
    return kept
