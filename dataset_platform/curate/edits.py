"""What cleaning leaves beside a conversation: how often each rule changed it, and what was taken out."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import orjson
import pyarrow as pa
from daft import DataFrame, col, lit

from dataset_platform.curate.columns import StringColumn, named_counts, strings, with_texts
from dataset_platform.curate.rules import Rule, Taken
from dataset_platform.schemas import EDIT

REASONING = "taken_reasoning"
"""Key of `attributes` that holds `[{"turn": …, "text": …}]`: the reasoning that stood in a turn, by the
number that the turn has in the record, from 0."""


def edits(counts: np.ndarray) -> pa.Array:
    """Counts of shape (conversations, rules) as the `edits` column: rules that acted, in their order."""
    return named_counts(counts, list(Rule), EDIT)


def count_edits(clean: DataFrame) -> list[dict[str, str | int]]:
    """For each rule that acted, how many turns and conversations it changed, in the order of the rules."""
    edited = clean.select("edits").where(col("edits").list_count("all") > lit(0)).explode("edits")
    counted = (
        edited.select(col("edits")["rule"].alias("rule"), col("edits")["count"].alias("count"))
        .groupby("rule")
        .agg(col("count").sum().alias("turns"), col("count").count().alias("conversations"))
        .to_pylist()
    )
    return sorted(counted, key=lambda row: list(Rule).index(Rule(row["rule"])))


def with_reasoning(attributes: StringColumn, taken: Sequence[Taken]) -> StringColumn:
    """The attributes, canonical JSON as before, with what was taken out of the turns under REASONING."""
    if not taken:
        return attributes
    thoughts: dict[int, list[dict[str, object]]] = defaultdict(list)
    for one in taken:
        thoughts[one.row].append({"turn": one.turn, "text": one.text})
    rows = sorted(thoughts)
    documents = [
        orjson.dumps(
            orjson.loads(document) | {REASONING: thoughts[row]}, option=orjson.OPT_SORT_KEYS
        ).decode()
        for row, document in zip(rows, attributes.take(pa.array(rows)).to_pylist(), strict=True)
    ]
    return with_texts(attributes, np.array(rows), strings(documents))
