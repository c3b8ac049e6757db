"""What a release is made of, as one small picture; counts only, no text of a conversation."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

INK, BAR, GRID = "#1f2933", "#2b6cb0", "#e4e7eb"
WIDTH, HEIGHT, BINS = 260, 150, 24
FEW_TICKS = {"tickCount": 4}
Panel = dict[str, Any]


def picture(rows: pl.DataFrame) -> bytes:
    """A PNG with rows by stage and by source, their lengths and their quality.

    `rows` are columns of a release: source, stage, n_chars and quality.
    """
    # Imported here: only a published release needs it.
    import vl_convert

    panels = [
        _bars(rows, "stage"),
        _bars(rows, "source"),
        _histogram(rows["n_chars"], "characters"),
        _histogram(rows["quality"], "quality"),
    ]
    chart = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "concat": panels,
        "columns": 2,
        "config": {
            "axis": {"labelColor": INK, "titleColor": INK, "gridColor": GRID},
            "view": {"stroke": None},
        },
    }
    return bytes(vl_convert.vegalite_to_png(chart, scale=1, allowed_base_urls=[]))


def _bars(rows: pl.DataFrame, column: str) -> Panel:
    counts = rows.group_by(column).len().sort(column).rows()
    return _panel(
        ({"of": name, "rows": count} for name, count in counts),
        y={"field": "of", "type": "nominal", "title": column},
        x={"field": "rows", "type": "quantitative", "title": "rows", "axis": FEW_TICKS},
    )


def _histogram(values: pl.Series, title: str) -> Panel:
    counts, edges = np.histogram(values.to_numpy(), bins=BINS)
    bins = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    return _panel(
        ({"from": low, "to": high, "rows": count} for low, high, count in bins),
        x={
            "field": "from",
            "bin": "binned",
            "type": "quantitative",
            "title": title,
            "axis": {"tickCount": 5},
        },
        x2={"field": "to"},
        y={"field": "rows", "type": "quantitative", "title": "rows", "axis": FEW_TICKS},
    )


def _panel(values: Iterable[Mapping[str, object]], **encoding: Panel) -> Panel:
    return {
        "data": {"values": list(values)},
        "mark": {"type": "bar", "color": BAR},
        "encoding": encoding,
        "width": WIDTH,
        "height": HEIGHT,
    }
