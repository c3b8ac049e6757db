"""Which conversations wait for a reviewer, in which order, and what is written of them."""

import csv
import io
import stat
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset_platform.curate import Decision, Review, Reviews
from dataset_platform.quality import Assessment, Reason, queue_table, read_queue, write_queue
from dataset_platform.quality.rendering import as_html, as_markdown
from dataset_platform.quality.review import queue as queues
from dataset_platform.quality.review.reasons import near
from dataset_platform.quality.review.summary import reviewing
from dataset_platform_tests.quality.conftest import Row, frame, good_row, row

WRONG = (
    (1, Reason.UNRESOLVED_FLAG, {"flags": ["toxic"], "unresolved": ["toxic"]}),
    (2, Reason.UNRESOLVED_FLAG, {"flags": ["crisis_abuse"], "unresolved": ["crisis_abuse"]}),
    (3, Reason.TOXICITY_NEAR_THRESHOLD, {"toxicity": 0.45}),
)
SAID = {
    4: (Reason.PRIVATE_DATA, 0, "Write to ana.lee@mail-of-ana.net."),
    5: (Reason.RED_LINE, 1, "You clearly have borderline personality disorder."),
    6: (Reason.INAPPROPRIATE, 1, "You should stop. That's an excuse. You should leave."),
}


def rows_with_faults() -> list[Row]:
    """Forty good rows, seven of them each with one thing that a person should see."""
    rows = [good_row(number) for number in range(40)]
    for number, _, changes in WRONG:
        rows[number] |= changes
    rows[2]["crisis_severity"] = 2
    for number, (_, turn, text) in SAID.items():
        rows[number]["messages"][turn]["content"] = text
    rows[7] = row(7, [("user", "I like roses."), ("user", "And weeds."), ("assistant", "Roses and weeds.")])
    return rows


@pytest.fixture(scope="module")
def faulty() -> list[Row]:
    return rows_with_faults()


@pytest.fixture(scope="module")
def assessment(assessed: Callable, faulty: list[Row]) -> Assessment:
    return assessed(faulty)


@pytest.fixture(scope="module")
def queued(assessment: Assessment, faulty: list[Row]) -> pa.Table:
    return queue_table(assessment.queue, frame(faulty))


def test_each_fault_waits_for_its_reason_and_good_rows_do_not(queued: pa.Table, faulty: list[Row]) -> None:
    found = {entry["conversation_id"]: entry["reasons"] for entry in queued.to_pylist()}
    wanted = {number: reason for number, reason, _ in WRONG} | {n: said[0] for n, said in SAID.items()}
    wanted[7] = Reason.ROLE_ORDER
    assert set(found) == {faulty[number]["conversation_id"] for number in wanted}
    for number, reason in wanted.items():
        assert str(reason) in found[faulty[number]["conversation_id"]]


def test_the_most_urgent_come_first_whatever_the_order_of_rows(
    assessed: Callable, queued: pa.Table, faulty: list[Row]
) -> None:
    ranks = [Reason(entry["reasons"][0]) for entry in queued.to_pylist()]
    assert ranks == sorted(ranks, key=list(Reason).index)
    assert queued.to_pylist()[0]["findings"] == ["flag: crisis_abuse"]
    assert queued["rank"].to_pylist() == list(range(1, len(ranks) + 1))
    again = queue_table(assessed(faulty[::-1]).queue, frame(faulty[::-1]))
    assert again.equals(queued)


def test_edge_cases_wait_for_form_and_private_data_only(assessed: Callable) -> None:
    edge = [dict(one, is_edge_case=True, unresolved=[]) for one in rows_with_faults()]
    found = assessed(edge).queue.counts
    assert set(found) <= {Reason.PRIVATE_DATA, Reason.INCOHERENT, Reason.ROLE_ORDER}
    assert found[Reason.PRIVATE_DATA] == 1


def test_what_reviewers_settled_waits_no_more_and_what_they_dispute_comes_first(
    assessed: Callable, faulty: list[Row]
) -> None:
    ids = [one["conversation_id"] for one in faulty]
    said = [
        (1, "ana", Decision.KEEP),
        (4, "ana", Decision.DROP),
        (20, "ana", Decision.KEEP),
        (20, "bo", Decision.DROP),
    ]
    reviews = Reviews(tuple(Review(ids[n], decision, who, "a.csv", 2) for n, who, decision in said))
    assessment = assessed(faulty, reviews=reviews)
    entries = queue_table(assessment.queue, frame(faulty)).to_pylist()
    assert (entries[0]["conversation_id"], entries[0]["reasons"]) == (ids[20], ["reviewers_disagree"])
    assert not {ids[1], ids[4]} & {entry["conversation_id"] for entry in entries}
    told = assessment.report.reviewing
    assert (told.decided, told.to_drop, told.conflicts) == (2, 1, 1)
    assert [(r.name, r.keep, r.drop) for r in told.reviewers] == [("ana", 2, 1), ("bo", 0, 1)]
    assert [(a.first, a.second, a.n, a.alike) for a in told.agreements] == [("ana", "bo", 1, 0)]
    assert "`ana` and `bo`: 0 of 1 alike, Cohen's kappa 0" in as_markdown(assessment.report)


def test_private_data_that_a_reviewer_keeps_is_resolved(assessed: Callable, faulty: list[Row]) -> None:
    suspect = faulty[4:5] + faulty[8:]
    keep = Review(suspect[0]["conversation_id"], Decision.KEEP, "ana", "a.csv", 2)
    before, after = (assessed(suspect, reviews=Reviews(said)).report for said in ((), (keep,)))
    assert ["private_data" in report.failed for report in (before, after)] == [True, False]
    assert before.private_data == after.private_data


def test_the_cap_keeps_the_most_urgent_and_says_how_many_it_left_out(
    assessed: Callable, faulty: list[Row], queued: pa.Table
) -> None:
    whole = assessed(faulty)
    few = queues.queue_of(whole.queue.judged, {}, (), (), ("email",), most=3)
    assert few.listed.tolist() == whole.queue.listed[:3].tolist()
    assert queue_table(few, frame(faulty)).to_pylist() == queued.to_pylist()[:3]
    told = reviewing(few, Reviews())
    assert (told.waiting, told.listed, told.left_out) == (7, 3, 4)
    report = whole.report.model_copy(update={"reviewing": told})
    assert "the 3 most urgent, 4 are left out" in as_html(report)
    assert "lists 3 and leaves out 4" in as_markdown(report)


def test_long_conversations_are_cut_and_say_so(
    assessment: Assessment, faulty: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "MOST_CHARS", 50)
    for entry in queue_table(assessment.queue, frame(faulty)).to_pylist():
        last = entry["messages"][-1]["content"]
        assert "more characters, which the release has]" in last or len(last) <= 50


def test_the_files_are_private_equal_and_hold_what_a_reviewer_needs(queued: pa.Table, tmp_path) -> None:
    for folder in ("a", "b"):
        write_queue(queued, tmp_path / folder, "1.0.0")
    for path in (tmp_path / "a").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert read_queue(tmp_path / "a", "1.0.0") == queued.to_pylist()
    assert pq.read_schema(tmp_path / "a/review_queue_v1.0.0.parquet").equals(queues.SCHEMA)
    text = (tmp_path / "a/review_queue_v1.0.0.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == queued.num_rows
    assert rows[0]["conversation"].startswith("user: ")
    assert {rows[0][name] for name in ("decision", "reviewer", "note", "date")} == {""}


def test_an_empty_queue_is_files_without_rows(assessed: Callable, tmp_path) -> None:
    rows = [good_row(number) for number in range(40)]
    empty = queue_table(assessed(rows).queue, frame(rows))
    write_queue(empty, tmp_path, "1.0.0")
    assert read_queue(tmp_path, "1.0.0") == []


def test_near_is_a_factor_of_odds_round_the_threshold() -> None:
    probability = np.array([0.0, 0.39, 0.41, 0.5, 0.59, 0.61, 1.0, np.nan])
    assert near(probability, 0.5).tolist() == [False, False, True, True, True, False, False, False]
    assert near(np.array([0.06, 0.10, 0.16]), 0.1).tolist() == [False, True, False]


def test_no_text_of_the_queue_is_in_the_report(assessment: Assessment) -> None:
    report = assessment.report
    for page in (report.model_dump_json(), as_html(report), as_markdown(report)):
        assert "borderline" not in page
        assert "mail-of-ana" not in page
