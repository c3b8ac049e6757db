"""The report as files: complete, safe to open, with the verdict first."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from dataset_platform.errors import InputError
from dataset_platform.evaluation import (
    EvalReport,
    Model,
    Standing,
    Verdict,
    board,
    board_rows,
    read_report,
    summary,
    write_report,
)
from dataset_platform.evaluation.json_schema import NAME, json_schema
from dataset_platform.evaluation.rendering import regressions_first, spread
from dataset_platform.release import earlier_versions

SCHEMA = Path(__file__).resolve().parents[2] / "docs/schemas" / NAME


@pytest.fixture(scope="module")
def written(report, tmp_path_factory):
    return write_report(report, tmp_path_factory.mktemp("out"))


def test_files_are_named_by_version_and_the_json_is_the_report(report, written):
    assert [path.name for path in written] == [
        f"eval_report_v1.0.0.{suffix}" for suffix in ("json", "md", "html")
    ]
    assert EvalReport.model_validate(json.loads(written[0].read_text())) == report
    assert read_report(written[0].parent, "1.0.0") == report
    with pytest.raises(InputError, match="evaluate version 2"):
        read_report(written[0].parent, "2.0.0")


def test_the_published_schema_is_that_of_the_code_and_reports_keep_it(written):
    assert SCHEMA.read_text() == json_schema(), (
        "python -m dataset_platform.evaluation.json_schema docs/schemas"
    )
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    validator.validate(json.loads(written[0].read_text()))


def test_the_verdict_comes_first_and_names_the_gates(report, written):
    for path in written[1:]:
        text = re.sub(r"<style>.*?</style>", "", path.read_text(), flags=re.DOTALL)
        assert text.lower().index("do not ship") < text.index("Held-out loss is not worse")
        assert all(gate.title in text.replace("&#39;", "'") for gate in report.gates)
        assert "Not measured: regression" in text or "Not measured: fairness, regression" in text


def test_every_figure_of_the_tables_has_its_interval_where_it_has_one(report, written):
    for path in written[1:]:
        text = path.read_text()
        for metric in (*report.metrics, *(part.metric for part in report.parts)):
            for estimate in metric.estimates.values():
                assert spread(estimate) in text
        for speed in report.speed.values():
            assert all(spread(one.next_token_ms.p95) in text for one in speed.latencies)


def test_every_proxy_is_followed_by_how_far_it_can_be_trusted(report, written):
    for path in written[1:]:
        told = path.read_text().replace("&#39;", "'").partition("How far the proxies can be trusted")[2]
        for metric in report.metrics:
            assert not metric.proxy or all(line in told for line in metric.accuracy)


def test_what_grew_worse_is_listed_first(report):
    first = regressions_first(report)
    worse = [m.differences[Model.BASE].verdict is Verdict.WORSE for m in first]
    assert worse == sorted(worse, reverse=True)
    assert sorted(m.name for m in first) == sorted(m.name for m in report.metrics)


def test_the_page_is_self_contained_and_escapes_replies(report, tmp_path):
    example = report.examples[0]
    hostile = example.model_copy(
        update={"replies": dict.fromkeys(example.replies, ("<script>alert(1)</script> | <img src=x>",))}
    )
    report = report.model_copy(update={"examples": (hostile, *report.examples[1:])})
    html = write_report(report, tmp_path)[2].read_text()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "default-src 'none'" in html
    assert not re.findall(r'(?:src|href)="(?!#)', html)
    assert html.count('role="img" aria-label=') == 4
    assert html.count("<details") >= len(report.examples)


def test_summaries_hold_figures_and_no_text_of_models(report):
    told = json.dumps(summary(report))
    for example in report.examples:
        for reply in example.replies[Model.TUNED]:
            assert len(reply) < 12 or reply not in told


def test_versions_stand_in_their_order_with_a_plot(report):
    later = report.model_copy(update={"version": "1.10.0"})
    earlier = report.model_copy(update={"version": "1.9.0"})
    now = datetime(2026, 1, 1, tzinfo=UTC)
    standings = [Standing(one, now) for one in (later, earlier, report)]
    rows = board_rows(standings)
    assert [row["version"] for row in rows] == ["1.0.0", "1.9.0", "1.10.0"]
    assert rows[0]["verdict"] == "do not ship"
    assert board(standings).startswith(b"\x89PNG")


def test_earlier_versions_are_newest_first():
    assert earlier_versions("1.10.0", ["1.9.0", "1.10.0", "2.0.0", "1.2.0-rc.1"]) == ["1.9.0", "1.2.0-rc.1"]
