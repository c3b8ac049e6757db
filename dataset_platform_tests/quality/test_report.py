"""Gates, the report, and its files."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from dataset_platform.errors import InputError, UsageError
from dataset_platform.quality import Report, Verdict, assess, summary, worst_examples, write_report
from dataset_platform.quality.accuracy import AccuracyTable, packaged
from dataset_platform.quality.json_schemas import NAME, report_schema
from dataset_platform.quality.rendering import as_html, as_markdown
from dataset_platform_tests.quality.conftest import (
    MANIFEST,
    THRESHOLDS,
    BagOfWords,
    frame,
    row,
    sixty_good_rows,
)


def test_good_release_passes_and_what_was_not_measured_is_named(good_report: Report) -> None:
    report = good_report
    assert report.passed
    assert report.failed == ()
    assert report.not_measured == ("bias",)
    assert "insufficient data" in report.gates[4].measurement.reason


def test_replies_that_answer_nothing_fail_coherence(judged: Callable, good_rows: list) -> None:
    stray = (
        "Boats drift past grey harbours, sailors whistle loudly at dawn, gulls circle above wooden piers.",
        "Copper wires hum under railway bridges; engineers measure voltage before trains arrive.",
    )
    for astray in good_rows:
        for message, content in zip(astray["messages"][1::2], stray, strict=True):
            message["content"] = content
    assert "semantic_coherence" in judged(good_rows).failed


def test_confronting_replies_fail_appropriateness(judged: Callable, good_rows: list) -> None:
    for confronting in good_rows:
        for message in confronting["messages"][1::2]:
            message["content"] = "You should stop. That's an excuse."
    assert "therapeutic_appropriateness" in judged(good_rows).failed


def test_one_unresolved_crisis_flag_in_sixty_fails(judged: Callable, good_rows: list) -> None:
    good_rows[0]["flags"] = good_rows[0]["unresolved"] = ["crisis_suicide"]
    assert judged(good_rows).failed == ("crisis_flags",)
    good_rows[0]["unresolved"] = []
    assert judged(good_rows).passed


def test_one_address_left_fails_private_data(judged: Callable, good_rows: list) -> None:
    good_rows[7]["messages"][0]["content"] += " Write to ana.lee@mail-of-ana.net."
    report = judged(good_rows)
    assert report.failed == ("private_data",)
    assert report.private_data[0].examples == (good_rows[7]["conversation_id"],)


def test_worse_replies_to_one_group_fail_bias(judged: Callable, good_rows: list) -> None:
    for number in range(100, 180):
        relative, reply = (
            ("sister", "It sounds like your sister worries you. What would help?")
            if number % 2
            else ("brother", "You should stop. That's an excuse. Your brother worries you.")
        )
        good_rows.append(row(number, [("user", f"My {relative} worries me {number}."), ("assistant", reply)]))
    report = judged(good_rows)
    assert "bias" in report.failed
    audited = [gap for gap in report.bias.gaps if gap.score == "crisis_probability"]
    assert {gap.kind for gap in audited} == {"swap"}
    assert [gap.moved for gap in audited if gap.value is not None] == [0, 0]  # the rules read no kinship
    assert {gap.kind for gap in report.bias.gaps if gap.score == "emotional_reactions"} == {"quality", "swap"}


def test_many_weak_figures_fail_overall(judged: Callable, good_rows: list) -> None:
    for weak in good_rows:
        weak["flags"] = weak["unresolved"] = ["crisis_suicide"]
        weak["messages"][0]["content"] += " Write to ana.lee@mail-of-ana.net."
    assert "overall" in judged(good_rows).failed


def test_edge_cases_are_judged_on_coherence_and_not_on_appropriateness(judged: Callable) -> None:
    rows = [
        row(
            number,
            [
                ("assistant", f"You should tell me about the exam {number}."),
                ("user", f"No exam {number} talk."),
            ],
            is_edge_case=True,
        )
        for number in range(40)
    ]
    report = judged(rows)
    gates = {gate.name: gate for gate in report.gates}
    assert gates["semantic_coherence"].measurement.n == 40
    assert gates["therapeutic_appropriateness"].verdict is Verdict.NOT_MEASURED


def test_without_accuracies_nothing_is_measured(judged: Callable, good_rows: list) -> None:
    report = judged(good_rows, table=AccuracyTable(entries=()))
    assert len(report.not_measured) == len(report.gates)
    assert all(gate.measurement.reason for gate in report.gates)


def test_order_and_batches_of_rows_change_nothing(table: AccuracyTable, good_rows: list) -> None:
    def report(rows: list, batch: int) -> Report:
        rows = frame(rows).into_batches(batch)
        return assess(rows, THRESHOLDS, MANIFEST, "1.0.0", table=table, embedder=BagOfWords()).report

    assert report(good_rows, 60) == report(good_rows[::-1], 7)


def test_wrong_gates_and_an_empty_release_are_refused(table: AccuracyTable) -> None:
    with pytest.raises(UsageError, match=r"no threshold for \['bias'.*unknown \['biass'\]"):
        assess(frame([]), {"biass": 1}, MANIFEST, "1.0.0", table=table)
    with pytest.raises(InputError, match="no rows to judge"):
        assess(frame([]), THRESHOLDS, MANIFEST, "1.0.0", table=table, embedder=BagOfWords())


def test_equal_reports_are_equal_bytes_and_json_reads_back(
    judged: Callable, good_rows: list, good_report: Report, tmp_path: Path
) -> None:
    report = good_report
    first = [path.read_bytes() for path in write_report(report, tmp_path / "a")]
    second = [path.read_bytes() for path in write_report(judged(good_rows), tmp_path / "b")]
    assert first == second
    assert Report.model_validate_json(first[0]) == report
    assert json.loads(first[0])["verdicts"]["bias"] == "not measured"


def test_a_report_keeps_the_published_schema(good_report: Report) -> None:
    published = (Path(__file__).resolve().parents[2] / "docs/schemas" / NAME).read_text()
    assert published == report_schema(), "python -m dataset_platform.quality.json_schemas docs/schemas"
    content = json.loads(good_report.model_dump_json())
    jsonschema.Draft202012Validator(json.loads(published)).validate(content)


def test_figures_beside_the_gates_say_what_scored_them_and_how_good_that_should_be(
    judged: Callable, good_rows: list
) -> None:
    report = judged(good_rows, table=packaged())
    figures = {figure.title: figure for figure in report.figures}
    empathy = figures["Emotional reactions"]
    assert (empathy.scored_by, empathy.target) == ("lexical head", "AUC ≥ 0.90")
    assert empathy.measurement.n == 60
    assert [a.target for a in empathy.measurement.accuracy] == ["emotional_reactions, lexical head"]
    assert figures["Red line: diagnosis (share)"].measurement.value == 0
    assert figures["Crisis handling"].measurement.reason == "no conversations with a crisis to judge"
    page, text = as_html(report), as_markdown(report)
    assert "lexical head" in page
    assert all(f"| {title} |" in text for title in figures)


def test_worst_examples_stand_behind_a_click_on_the_page_alone_escaped_and_masked(
    assessed: Callable, tmp_path: Path
) -> None:
    said = "<script>alert(1)</script> Write to jo@clinic-of-mine.org. " + "x" * 2_000
    hostile = row(1, [("user", said), ("assistant", "</details><img src=x>"), ("user", "Never shown.")])
    hostile |= {"flags": ["crisis_suicide"], "unresolved": ["crisis_suicide"]}
    found = assessed([*sixty_good_rows(), hostile])
    worst = worst_examples(found.queue, frame([*sixty_good_rows(), hostile]))
    json_path, markdown, page = write_report(found.report, tmp_path, worst)
    html = page.read_text()
    shown = html[html.index("Worst examples") : html.index("How to read this")]
    assert re.search(r"<details>\s*<summary>unresolved flag", shown)
    assert "&lt;script&gt;alert(1)" in shown
    assert "[EMAIL]" in shown
    assert not re.search(r"<script|<img|jo@clinic|Never shown", html)
    assert "alert" not in json_path.read_text() + markdown.read_text()


def test_hostile_names_are_escaped_and_no_text_is_shown(
    judged: Callable, good_rows: list, tmp_path: Path
) -> None:
    hostile = "<script>alert(1)</script>"
    good_rows[0] |= {
        "source": hostile,
        "language": hostile,
        "conversation_id": hostile,
        "flags": ["crisis_x"],
    }
    json_path, markdown, page = write_report(judged(good_rows), tmp_path)
    html = page.read_text()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "default-src 'none'" in html
    assert not re.search(r"(?:src|href)\s*=|url\(|@import", html)
    assert "<script" not in markdown.read_text()
    for path in (json_path, markdown, page):
        assert "worries me" not in path.read_text()


def test_summary_has_a_plain_row_for_every_gate(good_report: Report) -> None:
    rows = summary(good_report)
    assert rows[0]["gate"] == "Semantic coherence"
    assert rows[4]["value"] is None
    assert rows[4]["verdict"].startswith("not measured: insufficient data")
