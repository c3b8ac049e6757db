"""The report as files: JSON for machines, Markdown and one self-contained HTML page for people."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dataset_platform.quality.charts import histogram_svg
from dataset_platform.quality.measurement import Interval
from dataset_platform.quality.report import MISSING, Report, interval_text, short
from dataset_platform.quality.worst import Example

NEGLIGIBLE = 1e-6
FILES = ("qa_report_v{version}.json", "qa_report_v{version}.md", "qa_report_v{version}.html")


def write_report(report: Report, folder: Path, worst: Sequence[Example] = ()) -> tuple[Path, Path, Path]:
    """Writes `qa_report_v<version>` as .json, .md and .html; equal reports give equal bytes.

    Only the page shows `worst`: the other two are quoted elsewhere, where no conversation's text belongs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = (report.model_dump_json(indent=1) + "\n", as_markdown(report), as_html(report, worst))
    paths = [folder / name.format(version=report.version) for name in FILES]
    for path, content in zip(paths, contents, strict=True):
        path.write_text(content, encoding="utf-8")
    return paths[0], paths[1], paths[2]


def as_html(report: Report, worst: Sequence[Example] = ()) -> str:
    """One page without scripts or requests; everything but our own plots is escaped."""
    plots = [Markup(histogram_svg(histogram)) for histogram in report.distributions]
    template = _environment(autoescape=True).get_template("report.html.j2")
    return template.render(report=report, plots=plots, worst=worst)


def as_markdown(report: Report) -> str:
    """The same as text. Names from outside are shown as code, in which Markdown and HTML mean nothing."""
    return _environment(autoescape=False).get_template("report.md.j2").render(report=report)


def as_card_section(report: Report) -> str:
    """The summary as the last section of the release's dataset card."""
    return _environment(autoescape=False).get_template("card.md.j2").render(report=report)


def _environment(autoescape: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("dataset_platform.quality"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "figure": figure,
        "interval": interval_text,
        "signed": signed,
        "span": span,
        "percent": percent,
        "code": code,
        "words": lambda name: name.replace("_", " "),
    }
    return environment


def figure(value: float | None) -> str:
    """A value to three digits, whole numbers as such, and a dash where there is none."""
    if value is None:
        return MISSING
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) >= 2 else short(value)


def signed(value: float | None) -> str:
    """A difference to three digits with its sign."""
    if value is None:
        return MISSING
    return f"{value:+.3g}" if abs(value) >= NEGLIGIBLE else "0"


def span(interval: Interval | None) -> str:
    """From where to where a difference lies."""
    return MISSING if interval is None else f"{signed(interval[0])} to {signed(interval[1])}"


def percent(value: float | None) -> str:
    """A share of 1 in per cent to one digit; a dash where there is none."""
    return MISSING if value is None else f"{value:.1%}".replace("%", " %")


def code(text: str) -> str:
    """Text as a Markdown code span in a table cell."""
    plain = (
        " ".join(text.split()).replace("`", "'").replace("|", "¦").replace("<", "&lt;").replace(">", "&gt;")
    )
    return f"`{plain}`"
