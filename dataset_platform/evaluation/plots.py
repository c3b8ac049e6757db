"""The report's plots as inline SVG: no script, no font file, no network.

Each plot only repeats what a table beside it says, and carries that as its description.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup

from dataset_platform.evaluation.leaderboard import Standing, in_order, value_of
from dataset_platform.evaluation.report import CalibrationBin, Interval, Part
from dataset_platform.evaluation.vocabulary import Model
from dataset_platform.quality.charts import as_one_picture
from dataset_platform.training import LossPoint

# Told apart by lightness as well as by hue, so that print and colour blindness keep them.
BLUE, ORANGE, GREY = "#1b4f8f", "#b45f06", "#8a8f98"
COLOURS = {Model.BASE: GREY, Model.TUNED: BLUE, Model.PREVIOUS: ORANGE}
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
    return svg(train + validation, height=220, label="Training and validation loss by step")


def differences(parts: Sequence[Part]) -> Markup:
    """Tuned minus base with its interval, a line for each part; zero is no difference."""
    values = [
        {"part": f"{part.label} (n={part.metric.n})", "difference": change.value, **_ends(change.interval)}
        for part in parts
        if (change := part.metric.differences[Model.BASE]).value is not None
    ]
    base = alt.Chart(alt.Data(values=values)).encode(
        y=alt.Y("part:N", title=None, sort=None, axis=alt.Axis(labelLimit=220))
    )
    title = "tuned minus base loss (nats a token); left of zero is better"
    zero = (
        alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="zero:Q")
    )
    interval = base.mark_rule(color=BLUE, strokeWidth=2.5).encode(x=alt.X("low:Q", title=title), x2="high:Q")
    point = base.mark_point(color=BLUE, filled=True, size=70, opacity=1).encode(
        x=alt.X("difference:Q", title=title)
    )
    return svg(
        zero + interval + point,
        height=30 * len(values) + 20,
        label="Difference of held-out loss by stage and source with 95 % intervals",
    )


def pass_rates(parts: Sequence[Part], label: str) -> Markup:
    """Share of probes passed by each model, a line for each part."""
    values = [
        {
            "part": f"{part.label.replace('_', ' ')} (n={part.metric.n})",
            "model": model.value,
            "share": estimate.value,
            **_ends(estimate.interval),
        }
        for part in parts
        for model, estimate in part.metric.estimates.items()
        if estimate.value is not None
    ]
    models = [model.value for model in parts[0].metric.estimates]
    base = alt.Chart(alt.Data(values=values)).encode(
        y=alt.Y("part:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
        yOffset=alt.YOffset("model:N", sort=models),
        color=alt.Color(
            "model:N", title=None, scale=alt.Scale(domain=models, range=[COLOURS[Model(m)] for m in models])
        ),
    )
    x = alt.X(
        "share:Q", title="share of probes passed", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")
    )
    interval = base.mark_rule(strokeWidth=2, opacity=0.6).encode(x=alt.X("low:Q", title=None), x2="high:Q")
    point = base.mark_point(filled=True, size=55, opacity=1).encode(x=x)
    return svg(interval + point, height=26 * len({row["part"] for row in values}) + 20, label=label)


def calibration(curves: Mapping[Model, Sequence[CalibrationBin]]) -> Markup:
    """How often the likeliest token was right, by the probability that the model gave it."""
    values = [
        {"model": model.value, "confidence": one.confidence, "accuracy": one.accuracy}
        for model, bins in curves.items()
        for one in bins
    ]
    models = [model.value for model in curves]
    axis = alt.Scale(domain=[0, 1])
    ideal = (
        alt.Chart(alt.Data(values=[{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
        .mark_line(color=GREY, strokeDash=[4, 3], strokeWidth=1)
        .encode(x="x:Q", y="y:Q")
    )
    lines = (
        alt.Chart(alt.Data(values=values))
        .mark_line(point=True)
        .encode(
            x=alt.X("confidence:Q", title="probability of the likeliest token", scale=axis),
            y=alt.Y("accuracy:Q", title="how often it was right", scale=axis),
            color=alt.Color(
                "model:N",
                title=None,
                scale=alt.Scale(domain=models, range=[COLOURS[Model(m)] for m in models]),
            ),
        )
    )
    return svg(ideal + lines, height=260, label="Calibration of token probabilities", width=360)


def svg(chart: Any, *, height: int, label: str, width: int = WIDTH) -> Markup:
    """The chart in the report's style, with room for readers' fonts that are wider than ours."""
    specification = (
        chart.properties(width=width, height=height, padding={"left": 45, "right": 15, "top": 5, "bottom": 5})
        .configure(font="Helvetica, Arial, sans-serif", background="transparent")
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", gridColor="#e3e6ea")
        .configure_legend(labelFontSize=12, orient="top")
        .to_dict()
    )
    return Markup(as_one_picture(vl_convert.vegalite_to_svg(specification), label))


def _ends(interval: Interval | None) -> dict[str, float | None]:
    return {"low": interval.low if interval else None, "high": interval.high if interval else None}


def board(standings: Sequence[Standing]) -> bytes:
    """Held-out loss and safety of all versions, as PNG: Dagster's Markdown shows no SVG."""
    panels = [
        alt.Chart(
            alt.Data(
                values=[
                    {"version": s.report.version, "value": value_of(s.report, name)}
                    for s in in_order(standings)
                ]
            )
        )
        .mark_line(point=True, color=BLUE)
        .encode(
            x=alt.X("version:N", sort=None, title=None),
            y=alt.Y("value:Q", title=title, scale=alt.Scale(zero=False)),
        )
        .properties(width=WIDTH, height=160)
        for name, title in (("loss", "held-out loss"), ("safety_pass", "safety probes passed"))
    ]
    return bytes(vl_convert.vegalite_to_png(alt.vconcat(*panels).to_dict()))
