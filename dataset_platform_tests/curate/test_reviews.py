"""Review files: read strictly, every mistake a line, and nothing of their cells repeated."""

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset_platform.curate.agreement import agreements
from dataset_platform.curate.review_files import read_reviews, review_file, reviews_in
from dataset_platform.curate.reviews import Decision, Outcome
from dataset_platform.errors import InputError

ONE, TWO = "1" * 64, "2" * 64
HEADER = "conversation_id,decision,reviewer,note\n"


def laid(folder: Path, **files: str) -> Path:
    reviews = folder / "reviews"
    reviews.mkdir(exist_ok=True)
    for name, text in files.items():
        (reviews / f"{name}.csv").write_text(text, encoding="utf-8")
    return reviews


def test_files_are_read_with_and_without_dates(tmp_path: Path) -> None:
    folder = laid(
        tmp_path,
        a=HEADER + f'{ONE},keep,ana,"fine, I think"\n',
        b=f"\ufeff{HEADER.strip()},date\n\n{TWO},drop,bo,,2026-01-31\n{ONE},keep,bo,,\n",
    )
    reviews = read_reviews(folder)
    assert [(s.conversation_id, s.outcome, s.reviewed_by) for s in reviews.settled] == [
        (ONE, Outcome.KEEP, "ana, bo"),
        (TWO, Outcome.DROP, "bo"),
    ]
    assert set(reviews.sha256s) == {"a.csv", "b.csv"}
    assert set(reviews.on({ONE}).sha256s) == {"a.csv", "b.csv"}
    assert set(reviews.on({TWO}).sha256s) == {"b.csv"}


def test_no_folder_is_no_review(tmp_path: Path) -> None:
    assert read_reviews(tmp_path / "reviews").settled == ()


def test_reviewers_who_disagree_are_a_conflict(tmp_path: Path) -> None:
    reviews = read_reviews(laid(tmp_path, a=HEADER + f"{ONE},keep,ana,\n{ONE},drop,bo,\n"))
    assert reviews.conflicts == [ONE]


def test_the_digest_is_of_decisions_not_of_notes_files_or_order(tmp_path: Path) -> None:
    first = read_reviews(laid(tmp_path, a=HEADER + f"{ONE},keep,ana,\n{TWO},drop,bo,\n"))
    (tmp_path / "reviews/a.csv").unlink()
    again = read_reviews(laid(tmp_path, x=HEADER + f"{TWO},drop,bo,why\n", y=HEADER + f"{ONE},keep,ana,\n"))
    assert first.digest == again.digest != read_reviews(tmp_path / "none").digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,decision\n", "reviews/a.csv, line 1: the header must be conversation_id,decision,reviewer,note"),
        ("", "line 1: the header"),
        (HEADER + f"{ONE},maybe,ana,\n", "line 2, column decision: neither keep nor drop"),
        (HEADER + "abc,keep,ana,\n", "line 2, column conversation_id: not the 64 hex digits"),
        (HEADER + f"{ONE},keep,,\n", "line 2, column reviewer: empty"),
        (HEADER + f"{ONE},keep,ana,a, b\n", "line 2: 5 cells, expected 4; put notes"),
        (HEADER + f'{ONE},keep,ana,"open\n', "see that every quote is closed"),
        (HEADER.strip() + f",date\n{ONE},keep,ana,,tomorrow\n", "line 2, column date: not a date"),
        (HEADER + f"{ONE},keep,ana,\n{ONE},drop,ana,\n", "line 3, column decision: the same reviewer"),
    ],
)
def test_each_mistake_is_one_line_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_reviews(laid(tmp_path, a=text))
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert "maybe" not in str(error.value)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read_reviews(laid(tmp_path, a=HEADER + "x,y,,\n", b="wrong\n"))
    assert str(error.value).count("\n") == 3


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (laid(tmp_path) / "a.csv").write_bytes(HEADER.encode() + b"\xff")
    with pytest.raises(InputError, match="line 2: not UTF-8"):
        read_reviews(tmp_path / "reviews")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.one_of(st.binary(), st.text().map(str.encode), st.text().map(lambda text: (HEADER + text).encode()))
)
def test_any_file_is_read_or_refused_clearly(tmp_path: Path, content: bytes) -> None:
    (laid(tmp_path) / "a.csv").write_bytes(content)
    with suppress(InputError):
        assert all(review.decision in Decision for review in read_reviews(tmp_path / "reviews").reviews)


def test_the_majority_decides_and_a_tie_waits_for_one_more(tmp_path: Path) -> None:
    rows = [f"{ONE},keep,ana,", f"{ONE},drop,bo,", f"{ONE},drop,cy,", f"{ONE},keep,di,"]

    def settled(n: int):
        (one,) = read_reviews(laid(tmp_path, a=HEADER + "\n".join(rows[:n]) + "\n")).settled
        return one.outcome, one.reviewed_by

    assert settled(2) == (Outcome.CONFLICT, None)
    assert settled(3) == (Outcome.DROP, "bo, cy")
    assert settled(4) == (Outcome.CONFLICT, None)


def test_one_reviewer_in_two_files_counts_once(tmp_path: Path) -> None:
    row = f"{ONE},keep,ana,\n"
    (one,) = read_reviews(laid(tmp_path, a=HEADER + row + f"{ONE},drop,bo,\n", b=HEADER + row)).settled
    assert one.outcome is Outcome.CONFLICT


def test_columns_may_stand_in_any_order_and_dates_are_kept(tmp_path: Path) -> None:
    folder = laid(tmp_path, a=f"date,reviewer,note,conversation_id,decision\n2026-01-31,ana,,{ONE},drop\n")
    (review,) = read_reviews(folder).reviews
    assert (review.reviewer, review.decision, review.day) == ("ana", Decision.DROP, date(2026, 1, 31))


def test_the_record_changes_with_who_and_when_and_not_with_notes(tmp_path: Path) -> None:
    def record(row: str) -> str:
        return read_reviews(laid(tmp_path, a=HEADER.strip() + ",date\n" + row)).record

    first = record(f"{ONE},keep,ana,,2026-01-01\n")
    assert record(f"{ONE},keep,ana,note,2026-01-01\n") == first
    assert len({first, record(f"{ONE},keep,ana,,2026-01-02\n"), record(f"{ONE},keep,bo,,2026-01-01\n")}) == 3


def test_a_written_file_reads_back_whatever_the_note_holds() -> None:
    row = {"conversation_id": ONE, "decision": "keep", "reviewer": "ana", "date": "2026-02-01"}
    content = review_file([row | {"note": 'a "b", c\r\nd\u2028e'}])
    (review,) = reviews_in({"a.csv": content}, "reviews").reviews
    assert (review.conversation_id, review.day) == (ONE, date(2026, 2, 1))


def test_agreement_is_cohens_kappa_on_what_two_share(tmp_path: Path) -> None:
    """Of ten shared, eight alike; each says drop of half, so chance alone would give one half: kappa 0.6."""
    ids = [f"{n:064x}" for n in range(12)]
    ana = [f"{id_},{'drop' if n < 5 else 'keep'},ana," for n, id_ in enumerate(ids[:11])]
    bo = [f"{id_},{'drop' if n in (0, 1, 2, 3, 9) else 'keep'},bo," for n, id_ in enumerate(ids[:10])]
    lone = f"{ids[11]},keep,cy,"
    reviews = read_reviews(laid(tmp_path, a=HEADER + "\n".join([*ana, *bo, lone]) + "\n"))
    (found,) = agreements(reviews)
    assert (found.first, found.second, found.n, found.alike) == ("ana", "bo", 10, 8)
    assert found.kappa == pytest.approx(0.6)


def test_kappa_is_undefined_where_both_said_one_thing(tmp_path: Path) -> None:
    rows = f"{ONE},keep,ana,\n{ONE},keep,bo,\n"
    assert agreements(read_reviews(laid(tmp_path, a=HEADER + rows)))[0].kappa is None
