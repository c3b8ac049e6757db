"""The eval report as files: JSON for programs, Markdown for reviews, HTML for people."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from dataset_platform.evaluation import plots
from dataset_platform.evaluation.report import EvalReport, report_stem


def write_report(report: EvalReport, folder: Path) -> tuple[Path, Path, Path]:
    """`eval_report_v<version>` as `.json`, `.md` and `.html` in `folder`, in this order.

    The HTML is one file without scripts; nothing in it is fetched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = report_stem(report.version)
    comparisons = (report.overall, *report.by_stage)
    texts = {
        ".json": report.model_dump_json(indent=2) + "\n",
        ".md": _environment(html=False)
        .get_template("report.md.j2")
        .render(report=report, comparisons=comparisons),
        ".html": _environment(html=True)
        .get_template("report.html.j2")
        .render(
            report=report,
            comparisons=comparisons,
            loss_plot=plots.loss_curve(report.loss_curve),
            difference_plot=plots.differences(comparisons),
        ),
    }
    paths = {suffix: folder / f"{stem}{suffix}" for suffix in texts}
    for suffix, text in texts.items():
        paths[suffix].write_text(text, encoding="utf-8")
    return paths[".json"], paths[".md"], paths[".html"]


def _environment(*, html: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("dataset_platform.evaluation"),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "signed": lambda value: f"{value:+.3f}".replace("-", "\N{MINUS SIGN}"),
        "fixed": lambda value: f"{value:.3f}",
    }
    environment.filters["one_line"] = lambda text: " ".join(text.split()).replace("|", r"\|") or "(empty)"
    environment.filters["known"] = lambda value: "not measured" if value is None else f"{value:,.1f}"
    return environment
