"""A withdrawn row is known wherever it is delivered again, and no other row is taken for it."""

from datetime import UTC, datetime, timedelta

import daft
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_platform.curate.fingerprints import Snippet
from dataset_platform.release.withdrawals import Entry, Request, Stretch, Withdrawal, WithdrawalLog
from dataset_platform.release.withdrawn import fingerprints_at, withdrawn_rows, without
from dataset_platform.schemas import CLEAN, FINGERPRINTS, RAW, WITHDRAWN, WithdrawnBy
from dataset_platform_tests import rows

SAID = ("I cannot sleep since the flood took our house.", "What do you think of when you lie awake?")
OTHERS = ("My brother and I have not spoken for years.", "What happened?")
NOTHING = FINGERPRINTS.arrow.empty_table()
BEGIN = datetime(2026, 1, 2, tzinfo=UTC)


def delivered(position=0, said=SAID, **differing):
    return {"position": position, "messages": rows.turns(*said), **differing}


def tables(*deliveries):
    """Raw and clean rows of what was delivered."""
    raw = [rows.raw(**one) for one in deliveries]
    clean = [rows.clean(**one) for one in deliveries]
    return daft.from_arrow(rows.arrow(RAW, raw)), daft.from_arrow(rows.arrow(CLEAN, clean))


def log_of(by, value, fingerprints=NOTHING, stretch=None, age=0):
    at = BEGIN - timedelta(days=age)
    request = Request(by=by, value=value, stretch=stretch, reason="r", withdrawn_at=at)
    return WithdrawalLog.of([Entry(Withdrawal.of(request, fingerprints.num_rows), fingerprints)])


def found(deliveries, log):
    """File and position of withdrawn rows, and what was named."""
    withdrawn = withdrawn_rows(*tables(*deliveries), log)
    assert withdrawn.schema == WITHDRAWN.arrow
    return [
        (row["origin_file"], row["origin_position"], row["withdrawn_by"]) for row in withdrawn.to_pylist()
    ]


@pytest.fixture
def by_conversation():
    """The first delivery, withdrawn with its fingerprints."""
    raw, clean = tables(delivered(), delivered(1, OTHERS))
    places = pa.table(
        {
            "origin_file": ["alpha/a.jsonl"],
            "origin_position": pa.array([0], pa.int64()),
            "likeness": ["itself"],
        }
    )
    fingerprints = fingerprints_at(places, raw, clean)
    assert fingerprints.num_rows == 1
    return log_of(WithdrawnBy.CONVERSATION, rows.raw(0)["conversation_id"], fingerprints)


AGAIN = {
    "as it was": delivered(),
    "in another file, at another place, in another source": delivered(
        7, source="beta", origin_file="beta/b.jsonl"
    ),
    "shouted, with other spaces and quotes": delivered(2, [f" {text.upper()} \n!" for text in SAID]),
    "with turns joined": delivered(3, [" ".join(SAID)]),
}


@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
def test_a_conversation_delivered_again_is_known(by_conversation, again):
    place = (again.get("origin_file", "alpha/a.jsonl"), again["position"], "conversation")
    assert found([again, delivered(9, OTHERS)], by_conversation) == [place]


def test_a_conversation_is_known_by_its_cleaned_text_where_its_words_changed(by_conversation):
    text_sha256 = rows.clean(messages=rows.turns(*SAID))["text_sha256"]
    marked_up = delivered(4, [f"<b>{text}</b>" for text in SAID])
    raw, _ = tables(marked_up)
    clean = rows.clean(**marked_up) | {"text_sha256": text_sha256}
    withdrawn = withdrawn_rows(raw, daft.from_arrow(rows.arrow(CLEAN, [clean])), by_conversation)
    assert withdrawn["origin_position"].to_pylist() == [4]


def test_a_conversation_that_says_nothing_withdraws_no_other_silence():
    raw, clean = tables(delivered(0, ["..."]))
    places = pa.table({"origin_file": ["alpha/a.jsonl"], "origin_position": [0], "likeness": ["itself"]})
    fingerprints = fingerprints_at(places, raw, clean)
    log = log_of(WithdrawnBy.CONVERSATION, rows.raw(0)["conversation_id"], fingerprints)
    assert found([delivered(0, ["..."]), delivered(1, ["..."])], log) == [
        ("alpha/a.jsonl", 0, "conversation")
    ]


def test_a_file_is_known_by_its_digest_and_a_source_by_its_name():
    deliveries = [
        delivered(0),
        delivered(1, OTHERS, origin_file="alpha/b.jsonl"),
        delivered(
            2, source="beta", origin_file="beta/renamed.jsonl", origin_sha256=rows.hexdigest("alpha/b.jsonl")
        ),
    ]
    of_file = log_of(WithdrawnBy.FILE, rows.hexdigest("alpha/b.jsonl"))
    assert found(deliveries, of_file) == [("alpha/b.jsonl", 1, "file"), ("beta/renamed.jsonl", 2, "file")]
    assert found(deliveries, log_of(WithdrawnBy.SOURCE, "beta")) == [("beta/renamed.jsonl", 2, "source")]


def test_a_text_is_found_inside_turns_and_across_them():
    snippet = Snippet.of("the flood took our house. What do YOU think")
    log = log_of(WithdrawnBy.TEXT, snippet.sha256, stretch=Stretch.of(snippet))
    deliveries = [delivered(0), delivered(1, OTHERS), delivered(2, ["Well: " + " ".join(SAID)])]
    assert [position for _, position, _ in found(deliveries, log)] == [0, 2]


def test_of_several_withdrawals_the_oldest_is_named():
    log = log_of(WithdrawnBy.SOURCE, "alpha").merged(
        log_of(WithdrawnBy.FILE, rows.hexdigest("alpha/a.jsonl"), age=1)
    )
    assert found([delivered()], log) == [("alpha/a.jsonl", 0, "file")]


def test_without_leaves_the_rows_at_other_places():
    raw, clean = tables(delivered(0), delivered(1, OTHERS), delivered(0, OTHERS, origin_file="alpha/b.jsonl"))
    withdrawn = withdrawn_rows(raw, clean, log_of(WithdrawnBy.CONVERSATION, rows.raw(0)["conversation_id"]))
    left = without(clean, daft.from_arrow(withdrawn)).select("origin_file", "origin_position").to_pylist()
    assert {tuple(row.values()) for row in left} == {
        ("alpha/a.jsonl", 1),
        ("alpha/b.jsonl", 0),
    }


entries = st.builds(
    lambda value, day: log_of(WithdrawnBy.SOURCE, value, age=day), st.sampled_from("abcd"), st.integers(0, 3)
)
logs = st.lists(entries, max_size=5).map(
    lambda parts: WithdrawalLog.of(e for part in parts for e in part.entries)
)


@given(logs, logs, logs)
def test_logs_merge_in_any_order_to_the_same_log(first, second, third):
    assert first.merged(second) == second.merged(first)
    assert first.merged(second).merged(third) == first.merged(second.merged(third))
    assert first.merged(first) == first
    assert set(first.sha256s) <= set(first.merged(second).sha256s)
    assert (first.digest == second.digest) == (first.sha256s == second.sha256s)
