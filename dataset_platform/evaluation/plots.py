"""The report's plots as inline SVG: no script, no font file, no network.

Each plot only repeats what a table beside it says, and carries that as its description.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup

from dataset_platform.evaluation.report import LossComparison
from dataset_platform.training import LossPoint

# Told apart by lightness as well as by hue, so that print and colour blindness keep them.
BLUE, ORANGE, GREY = "#1b4f8f", "#d9822b", "#8a8f98"
WIDTH = 640


def loss_curve(points: Sequence[LossPoint]) -> Markup:
    """Training and validation loss by step."""
    lines = [("training", p.step, p.train_loss) for p in points if p.train_loss is not None]
    marks = [("validation", p.step, p.validation_loss) for p in points if p.validation_loss is not None]
    values = [{"split": split, "step": step, "loss": loss} for split, step, loss in lines + marks]
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("step:Q", title="step", axis=alt.Axis(tickMinStep=1)),
        y=alt.Y("loss:Q", title="loss (nats a token)", scale=alt.Scale(zero=False)),
        color=alt.Color(
            "split:N", title=None, scale=alt.Scale(domain=["training", "validation"], range=[GREY, BLUE])
        ),
    )
    train = base.transform_filter("datum.split == 'training'").mark_line(strokeWidth=1.5)
    validation = base.transform_filter("datum.split == 'validation'").mark_line(
        strokeWidth=2.5, point=alt.OverlayMarkDef(size=60)
    )
    return _svg(train + validation, height=220, label="Training and validation loss by step")


def differences(comparisons: Sequence[LossComparison]) -> Markup:
    """Tuned minus base loss with its interval, a line for each stage; zero is no difference."""
    values = [
        {
            "stage": f"{one.stage} (n={one.n_conversations})",
            "difference": one.difference,
            "low": one.interval.low if one.interval else None,
            "high": one.interval.high if one.interval else None,
        }
        for one in comparisons
    ]
    y = alt.Y("stage:N", title=None, sort=None, axis=alt.Axis(labelLimit=200))
    base = alt.Chart(alt.Data(values=values)).encode(y=y)
    title = "tuned minus base loss (nats a token); left of zero is better"
    zero = (
        alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="zero:Q")
    )
    interval = base.mark_rule(color=BLUE, strokeWidth=2.5).encode(x=alt.X("low:Q", title=title), x2="high:Q")
    point = base.mark_point(color=BLUE, filled=True, size=70, opacity=1).encode(
        x=alt.X("difference:Q", title=title)
    )
    return _svg(
        zero + interval + point,
        height=46 * len(values) + 10,
        label="Difference of held-out loss by stage with 95 % intervals",
    )


def _svg(chart: Any, *, height: int, label: str) -> Markup:
    specification = (
        chart.properties(width=WIDTH, height=height)
        .configure(font="Helvetica, Arial, sans-serif", background="transparent")
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", gridColor="#e3e6ea")
        .configure_legend(labelFontSize=12, orient="top")
        .to_dict()
    )
    svg = vl_convert.vegalite_to_svg(specification)
    # Our own label for screen readers; inner roles of Vega would read every tick aloud.
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1))
