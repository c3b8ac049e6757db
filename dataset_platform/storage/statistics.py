"""What a table holds, in a few rows of numbers: never a word of a conversation."""

from collections.abc import Sequence

import daft
import pyarrow as pa
from daft import col

from dataset_platform.schemas import Column, Contract

LARGEST_CATEGORIES = 8


def column_statistics(frame: daft.DataFrame, contract: Contract) -> list[dict[str, str | int]]:
    """One row a column: `column`, `filled` (rows with a value), `values` (range, or commonest categories)."""
    aggregates = [col(name).count().alias(f"filled:{name}") for name in contract.names]
    for column in _numeric(contract.columns):
        aggregates += [
            col(column.name).min().alias(f"min:{column.name}"),
            col(column.name).mean().alias(f"mean:{column.name}"),
            col(column.name).max().alias(f"max:{column.name}"),
        ]
    totals = {name: values[0] for name, values in frame.agg(*aggregates).to_pydict().items()}
    return [
        {
            "column": column.name,
            "filled": totals[f"filled:{column.name}"],
            "values": _values(frame, column, totals),
        }
        for column in contract.columns
    ]


def _values(frame: daft.DataFrame, column: Column, totals: dict[str, float | None]) -> str:
    if column.category:
        return _commonest(frame, column.name)
    if totals.get(f"mean:{column.name}") is None:
        return ""
    low, mean, high = (totals[f"{what}:{column.name}"] for what in ("min", "mean", "max"))
    return f"{low:,} to {high:,}, mean {mean:,.2f}"


def _commonest(frame: daft.DataFrame, name: str) -> str:
    counts = frame.groupby(name).agg(col(name).count("all").alias("rows")).to_pydict()
    ordered = sorted(
        zip(counts["rows"], map(str, counts[name]), strict=True), key=lambda pair: (-pair[0], pair[1])
    )
    shown = [f"{value} {rows:,}" for rows, value in ordered[:LARGEST_CATEGORIES]]
    hidden = len(ordered) - len(shown)
    return ", ".join(shown + ([f"and {hidden} more"] if hidden else []))


def _numeric(columns: Sequence[Column]) -> list[Column]:
    return [c for c in columns if pa.types.is_integer(c.type) or pa.types.is_floating(c.type)]
