"""Findings that are kept from one report to the next."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from dataset_platform.quality.chunks import Chunk, read_chunks
from dataset_platform.quality.hygiene import Hygiene
from dataset_platform.quality.kept_findings import KeptFindings
from dataset_platform.quality.validator import Card, Findings
from dataset_platform_tests.quality.conftest import BagOfWords, Row, frame, good_row


@dataclass
class Counting:
    """Judges like Hygiene, and remembers how many conversations it was asked for."""

    card: Card = Hygiene().card
    asked: list[int] = field(default_factory=list)

    def judge(self, chunk: Chunk) -> Findings:
        self.asked.append(len(chunk))
        return Hygiene().judge(chunk)


def chunk_of(rows: list[Row]) -> Chunk:
    return next(read_chunks(frame(rows), BagOfWords()))


@pytest.fixture
def kept(tmp_path):
    return KeptFindings(tmp_path / "findings" / "findings.sqlite", "this state")


def test_a_conversation_is_judged_once_whatever_stands_beside_it(kept, good_rows):
    judge = Counting()
    for rows in (good_rows[:5], good_rows[:5], good_rows[3:8], good_rows[:8][::-1]):
        chunk = chunk_of(rows)
        found, alone = kept.judge(judge, chunk), Hygiene().judge(chunk)
        assert list(found) == list(alone)
        assert all(np.array_equal(found[name], alone[name], equal_nan=True) for name in alone)
    assert judge.asked == [5, 3]


CHANGES = {
    "messages": [{"role": "user", "content": "Something else."}],
    "flags": ["toxic"],
    "is_edge_case": True,
    "toxicity": 0.9,
}


@pytest.mark.parametrize("column", CHANGES)
def test_what_a_validator_may_see_is_judged_anew_when_it_changed(kept, column):
    judge = Counting()
    for one in (good_row(1), good_row(1, split="test"), good_row(1, **{column: CHANGES[column]})):
        kept.judge(judge, chunk_of([one]))
    assert judge.asked == [1, 1]


def test_another_version_or_state_finds_nothing(kept, good_rows):
    chunk, judge = chunk_of(good_rows[:2]), Counting()
    kept.judge(judge, chunk)
    kept.judge(Counting(Card(**(vars(judge.card) | {"version": "next"})), judge.asked), chunk)
    KeptFindings(kept.path, "another state").judge(judge, chunk)
    assert judge.asked == [2, 2, 2]
    assert b"worries" not in kept.path.read_bytes()


def test_a_report_of_kept_findings_is_the_same(kept, judged: Callable, good_rows):
    first, again, fresh = (judged(good_rows, kept=one) for one in (kept, kept, None))
    assert first == again == fresh
