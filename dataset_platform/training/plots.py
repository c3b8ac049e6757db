"""How a training went, as one small picture: losses, learning rate and speed; no text of a conversation."""

from pathlib import Path
from typing import Any

import polars as pl

from dataset_platform.training.checkpoint import LOG_NAME

INK, LINE, OTHER, GRID = "#1f2933", "#2b6cb0", "#c05621", "#e4e7eb"
WIDTH, HEIGHT = 260, 150
PANELS = (
    ("train_loss", "loss, nats a token"),
    ("learning_rate", "learning rate"),
    ("tokens_per_s", "tokens/s"),
)


def picture(folder: Path) -> bytes:
    """A PNG of the training log of a checkpoint: the loss with the validation's as points, rate, speed."""
    # Imported here: only a finished checkpoint needs it.
    import vl_convert

    log = pl.read_csv(folder / LOG_NAME, infer_schema_length=None)
    panels = [_line(log, column, title) for column, title in PANELS]
    points = log.select("step", value=pl.col("validation_loss").cast(pl.Float64)).drop_nulls()
    panels[0] = _layered(panels[0], points.to_dicts())
    chart = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "hconcat": panels,
        "config": {
            "axis": {"labelColor": INK, "titleColor": INK, "gridColor": GRID},
            "view": {"stroke": None},
        },
    }
    return bytes(vl_convert.vegalite_to_png(chart, scale=1, allowed_base_urls=[]))


def _line(log: pl.DataFrame, column: str, title: str) -> dict[str, Any]:
    values = log.select("step", value=pl.col(column).cast(pl.Float64)).drop_nulls()
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "data": {"values": values.to_dicts()},
        "mark": {"type": "line", "color": LINE},
        "encoding": {
            "x": {"field": "step", "type": "quantitative"},
            "y": {"field": "value", "type": "quantitative", "title": title, "scale": {"zero": False}},
        },
    }


def _layered(line: dict[str, Any], points: list[dict[str, Any]]) -> dict[str, Any]:
    size = {key: line.pop(key) for key in ("width", "height")}
    mark = {"type": "point", "color": OTHER, "filled": True, "tooltip": True}
    return {**size, "layer": [line, {**line, "data": {"values": points}, "mark": mark}]}
