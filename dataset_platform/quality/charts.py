"""Plots of a report as inline SVG; equal figures give equal bytes."""

from dataset_platform.quality.report import Histogram

INK, BAR = "#1f2933", "#2b6cb0"


def histogram_svg(histogram: Histogram) -> str:
    """A bar chart of counts between edges. The SVG carries its title for screen readers."""
    # Imported here: the two cost a second, and only a written report needs them.
    import altair
    import vl_convert

    rows = [
        {"from": low, "to": high, "count": count}
        for low, high, count in zip(histogram.edges[:-1], histogram.edges[1:], histogram.counts, strict=True)
    ]
    chart = (
        altair.Chart(altair.Data(values=rows), width=300, height=140)
        .mark_bar(color=BAR, stroke="white", strokeWidth=0.5)
        .encode(
            x=altair.X(
                "from:Q", bin="binned", title=histogram.title, axis=altair.Axis(tickCount=6, grid=False)
            ),
            x2="to:Q",
            y=altair.Y("count:Q", title=histogram.unit, axis=altair.Axis(tickCount=4)),
        )
        .configure_view(stroke=None)
        .configure_axis(labelColor=INK, titleColor=INK, titleFontWeight="normal", gridColor="#e4e7eb")
    )
    svg = vl_convert.vegalite_to_svg(chart.to_json(), allowed_base_urls=[])
    return as_one_picture(str(svg), histogram.title)


def as_one_picture(svg: str, label: str) -> str:
    """An SVG of Vega with one label for screen readers, which would read every tick and mark aloud."""
    named = svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return named.replace("<g ", '<g aria-hidden="true" ', 1)
