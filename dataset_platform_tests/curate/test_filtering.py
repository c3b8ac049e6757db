"""Filters: each limit gives its own reason, edge cases pass, and the first that applies counts."""

import pytest
from pydantic import ValidationError

from dataset_platform import curate
from dataset_platform.ingest import Filters
from dataset_platform_tests.curate.conversations import clean_frame, clean_record

TURNS = [("user", "I cannot sleep at night."), ("assistant", "What keeps you awake?")]


def decided(filters: Filters, **fields: object) -> str | None:
    row = clean_record(TURNS, **fields)
    return curate.decide(clean_frame([row]), filters).to_pylist()[0]["drop_reason"]


CASES = [
    (Filters(languages=("de",)), {}, "language_not_allowed"),
    (Filters(languages=("de",), undetermined=False), {"language": "und"}, "language_not_allowed"),
    (Filters(min_turns=3), {}, "too_few_turns"),
    (Filters(max_turns=2), {"n_turns": 3}, "too_many_turns"),
    (Filters(min_chars=46), {}, "too_short"),
    (Filters(max_chars=44), {}, "too_long"),
    (Filters(max_tokens=9), {"n_tokens": 10}, "too_many_tokens"),
    (Filters(max_repetition=0.4), {"repetition": 0.41}, "repetitive"),
    (Filters(min_quality=0.5), {"quality": 0.49}, "low_quality"),
    (Filters(), {"repetition": 0.6}, "repetitive"),
    (Filters(), {"quality": 0.2}, "low_quality"),
    (Filters(min_chars=46, min_turns=3), {}, "too_few_turns"),
]


@pytest.mark.parametrize(("filters", "fields", "reason"), CASES)
def test_a_row_beyond_a_limit_says_which(filters: Filters, fields: dict, reason: str) -> None:
    assert decided(filters, **fields) == reason


@pytest.mark.parametrize(("filters", "fields", "reason"), CASES)
def test_edge_cases_are_held_to_no_limit(filters: Filters, fields: dict, reason: str) -> None:  # noqa: ARG001
    assert decided(filters, is_edge_case=True, **fields) is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"n_turns": 0, "n_user_turns": 0, "n_assistant_turns": 0}, "no_text"),
        ({"n_user_turns": 0}, "no_user_turn"),
        ({"n_assistant_turns": 0}, "no_assistant_turn"),
    ],
)
def test_an_edge_case_has_to_be_a_conversation(fields: dict, reason: str) -> None:
    assert decided(Filters(), is_edge_case=True, **fields) == reason


@pytest.mark.parametrize(
    ("filters", "fields"),
    [
        (Filters(languages=("en",)), {}),
        (Filters(languages=("de",)), {"language": "und"}),
        (Filters(min_turns=2, max_turns=2, min_chars=45, max_chars=45), {}),
        (Filters(max_tokens=10), {"n_tokens": 10}),
        (Filters(max_repetition=None, min_quality=None), {"repetition": 1.0, "quality": 0.0}),
    ],
)
def test_a_row_within_the_limits_is_fit(filters: Filters, fields: dict) -> None:
    assert decided(filters, **fields) is None


@pytest.mark.parametrize("limits", [{"min_turns": 5, "max_turns": 4}, {"min_chars": 5, "max_chars": 4}])
def test_limits_that_leave_nothing_are_refused(limits: dict) -> None:
    with pytest.raises(ValidationError, match="nothing would be left"):
        Filters(**limits)


GROUPED = {
    "the same client": ('{"client":"a","n":1}', '{"client":"a","n":2}', True),
    "another client": ('{"client":"a"}', '{"client":"b"}', False),
    "no client in both": ("{}", '{"client":null}', False),
    "another type": ('{"client":1}', '{"client":"1"}', False),
}


@pytest.mark.parametrize(("one", "other", "agree"), GROUPED.values(), ids=GROUPED)
def test_conversations_that_agree_in_every_query_have_one_group(one: str, other: str, agree: bool) -> None:
    rows = [clean_record(TURNS, position, attributes=text) for position, text in enumerate((one, other))]
    groups = curate.decide(clean_frame(rows), split_together=["client"]).to_pydict()["split_group"]
    assert (groups[0] == groups[1] != "") is agree


def test_a_group_is_of_one_source_and_of_no_row_that_nothing_is_known_of() -> None:
    rows = [clean_record(TURNS, attributes='{"client":"a"}', source=source) for source in ("one", "two")]
    rows.append(clean_record(TURNS, attributes='{"client":{"id":1}}'))
    frame = clean_frame(rows)
    assert len(set(curate.decide(frame, split_together=["client"]).to_pydict()["split_group"])) == 3
    assert curate.decide(frame, split_together=["avg(client)"]).to_pydict()["split_group"] == ["", "", ""]
    assert curate.decide(frame).to_pydict()["split_group"] == ["", "", ""]
