"""What changed since the version before."""

import pytest

from dataset_platform.quality import Report, compared, uncompared
from dataset_platform.quality.comparison import BEHIND, difference
from dataset_platform.quality.measurement import Measurement
from dataset_platform.quality.rendering import as_html, as_markdown
from dataset_platform.quality.statistics import measured_share
from dataset_platform_tests.quality.conftest import accuracy, good_row

KNOWN = (accuracy("crisis_flags", "recall"),)


def share(hits: int, n: int) -> Measurement:
    return measured_share(hits, n, KNOWN)


def test_the_interval_of_two_shares_is_newcombes():
    """The worked example of Newcombe 1998, table II: 56 of 70 against 48 of 80, method 10."""
    found, (low, high) = difference(share(48, 80), share(56, 70))
    assert (found, low, high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-4)


def test_small_samples_and_missing_values_have_no_difference():
    assert difference(share(3, 29), share(30, 300)) is None
    assert difference(Measurement.missing("nothing to judge"), share(30, 300)) is None


@pytest.fixture(scope="module")
def before(good_report: Report) -> Report:
    return good_report.model_copy(update={"version": "0.9.0"})


def test_equal_reports_have_not_moved(good_report: Report, before: Report):
    changes = compared(good_report, before).changes
    assert changes.version == "0.9.0"
    assert not changes.validators
    assert not any(move.moved for move in (*changes.gates, *changes.figures))
    assert {row.before for row in changes.rows} == {60}


def test_moved_gates_and_rows_are_named_with_verdicts_and_intervals(judged, before: Report):
    rows = [good_row(number, source="new" if number % 2 else "made_by_hand") for number in range(60)]
    for flagged in rows[:20]:
        flagged["flags"] = flagged["unresolved"] = ["crisis_suicide"]
    report = compared(judged(rows), before)
    (crisis,) = (move for move in report.changes.gates if move.title.startswith("Unresolved crisis"))
    assert (crisis.verdict_before, crisis.verdict_after) == ("passed", "failed")
    assert crisis.difference == pytest.approx(1 / 3)
    assert crisis.interval[0] > 0
    assert {(r.name, r.before, r.after) for r in report.changes.rows if r.by == "source"} == {
        ("made_by_hand", 60, 30),
        ("new", 0, 30),
    }
    assert "## Changed since 0.9.0" in as_markdown(report)
    assert "passed → failed" in as_html(report)


def test_another_version_of_a_validator_is_not_compared_and_said(good_report: Report, before: Report):
    older = tuple(
        about.model_copy(update={"version": "0"}) if about.name == "crisis_flags" else about
        for about in before.validators
    )
    changes = compared(good_report, before.model_copy(update={"validators": older})).changes
    assert [(v.name, v.before, v.after) for v in changes.validators] == [("crisis_flags", "0", "2")]
    by_title = {move.title: move for move in changes.gates}
    for title in ("Unresolved crisis flags (share)", "Overall"):
        assert by_title[title].difference is None
        assert by_title[title].reason == "another version of crisis_flags: not comparable"
    assert by_title["Semantic coherence"].difference == 0


def test_another_head_is_not_compared(good_report: Report, before: Report):
    others = tuple(figure.model_copy(update={"scored_by": "trained head (x)"}) for figure in before.figures)
    changes = compared(good_report, before.model_copy(update={"figures": others})).changes
    assert {move.reason for move in changes.figures} == {"scored by trained head (x) before: not comparable"}


def test_a_report_without_a_lower_version_says_so(good_report: Report):
    assert good_report.changes.reason == "no lower version was judged"
    assert "no lower version was judged" in as_markdown(good_report)
    assert "it is damaged" in as_markdown(uncompared(good_report, "it is damaged"))


def test_every_gate_names_the_validators_behind_it(good_report: Report):
    assert set(BEHIND) == {gate.name for gate in good_report.gates}
    assert {name for names in BEHIND.values() for name in names} <= {v.name for v in good_report.validators}
