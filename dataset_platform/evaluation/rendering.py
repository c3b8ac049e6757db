"""The eval report as files: JSON for programs, Markdown for reviews, HTML for people."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dataset_platform.evaluation import plots
from dataset_platform.evaluation.report import Estimate, EvalReport, Interval, Metric, Speed, report_stem
from dataset_platform.evaluation.vocabulary import Model, Verdict

MINUS = "\N{MINUS SIGN}"
_KINDS = (
    "stage",
    "source",
    "category",
    "severity",
    "kind",
    "criterion",
    "fairness_empathy",
    "fairness_safety",
)


def write_report(report: EvalReport, folder: Path) -> tuple[Path, Path, Path]:
    """`eval_report_v<version>` as `.json`, `.md` and `.html` in `folder`, in this order.

    The HTML is one file without scripts; nothing in it is fetched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = report_stem(report.version)
    told = {"report": report, "metrics": regressions_first(report), "kinds": _kinds(report), "Model": Model}
    texts = {
        ".json": report.model_dump_json(indent=2) + "\n",
        ".md": _environment(html=False).get_template("report.md.j2").render(told),
        ".html": _environment(html=True).get_template("report.html.j2").render(**told, plots=_plots(report)),
    }
    paths = {suffix: folder / f"{stem}{suffix}" for suffix in texts}
    for suffix, text in texts.items():
        paths[suffix].write_text(text, encoding="utf-8")
    return paths[".json"], paths[".md"], paths[".html"]


def regressions_first(report: EvalReport) -> list[Metric]:
    """What is worse than the previous version, then than the base model, then the rest in its order."""

    def rank(metric: Metric) -> list[bool]:
        others = (Model.PREVIOUS, Model.BASE)
        return [
            other not in metric.differences or metric.differences[other].verdict is not Verdict.WORSE
            for other in others
        ]

    return sorted(report.metrics, key=rank)


def number(value: float | None) -> str:
    """Three significant digits; a dash where there is none."""
    if value is None:
        return "–"  # noqa: RUF001
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", MINUS)


def signed(value: float | None) -> str:
    if value is None:
        return "–"  # noqa: RUF001
    return f"{value:+.3f}".replace("-", MINUS) if abs(value) < 100 else f"{value:+,.0f}".replace("-", MINUS)


def interval(found: Interval | None) -> str:
    return f"{signed(found.low)} to {signed(found.high)}" if found else "none"


def spread(estimate: Estimate) -> str:
    """The ends of an estimate's interval."""
    found = estimate.interval
    return f"{number(found.low)} to {number(found.high)}" if found else ""


def figure(estimate: Estimate) -> str:
    """An estimate with its interval, where it has one."""
    found = spread(estimate)
    return f"{number(estimate.value)} [{found}]" if found else number(estimate.value)


def memory(speed: Speed) -> str:
    """Gigabytes of the process, and of the GPU where there is one."""
    device = speed.peak_device_bytes
    return f"{speed.peak_rss_bytes / 1e9:.2f}" + (f" + {device / 1e9:.2f} on the GPU" if device else "")


def _kinds(report: EvalReport) -> dict[str, list]:
    """The parts of the report by what they are parts by."""
    by_kind: dict[str, list] = {kind: [part for part in report.parts if part.by == kind] for kind in _KINDS}
    return {kind: found for kind, found in by_kind.items() if found}


def _plots(report: EvalReport) -> Mapping[str, Markup]:
    losses = [part for part in report.parts if part.by in ("stage", "source") and part.metric.name == "loss"]
    categories = [part for part in report.parts if part.by == "category"]
    drawn = {
        "losses": plots.differences(losses),
        "calibration": plots.calibration(report.calibration),
        "training": plots.loss_curve(report.loss_curve),
    }
    if categories:
        drawn["categories"] = plots.pass_rates(categories, "Share of probes passed by category")
    return drawn


def _environment(*, html: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("dataset_platform.evaluation"),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "signed": signed,
        "interval": interval,
        "spread": spread,
        "figure": figure,
        "memory": memory,
        "words": lambda name: name.replace("_", " "),
        "one_line": lambda text: " ".join(text.split()).replace("|", r"\|").replace("<", "&lt;") or "(empty)",
    }
    return environment
