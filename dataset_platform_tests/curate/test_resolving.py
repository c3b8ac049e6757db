"""What rules and reviewers resolve, through cleaning and decisions."""

import pytest

from dataset_platform import curate
from dataset_platform.curate.reviews import Decision, Review, Reviews
from dataset_platform_tests.curate.conversations import clean_frame, clean_record, raw_frame, raw_record

WISH = "I often wish I was dead."
GOOD = "I am so sorry. Please reach out to a therapist, or call 988."


def cleaned(turns, **fields) -> dict:
    (row,) = curate.clean(raw_frame([raw_record(turns, **fields)])).to_pylist()
    return row


def decided(row: dict, *reviews: Review) -> dict:
    (decision,) = curate.decide(clean_frame([row]), reviews=Reviews(reviews)).to_pylist()
    return decision


def review(row: dict, decision: Decision, reviewer: str = "ana") -> Review:
    return Review(row["conversation_id"], decision, reviewer, "a.csv", 2)


def flagged(**fields) -> dict:
    return clean_record([("user", "x"), ("assistant", "y")], flags=["crisis_suicide", "toxic"], **fields)


@pytest.mark.parametrize(
    ("client", "reply", "unresolved"),
    [
        (WISH, GOOD, []),
        (WISH, "Are you safe right now? If not, call 988.", []),
        (WISH, "Cheer up!", ["crisis_suicide"]),
        (WISH, "I am so sorry.", ["crisis_suicide"]),
        (WISH, f"{GOOD} But do not tell anyone.", ["crisis_suicide"]),
        ("I am going to kill myself tonight.", GOOD, ["crisis_suicide"]),
        ("I keep hearing voices.", GOOD, ["crisis_psychosis"]),
    ],
)
def test_a_reply_that_hears_and_points_to_help_resolves_what_is_not_grave(client, reply, unresolved) -> None:
    assert decided(cleaned([("user", client), ("assistant", reply)]))["unresolved"] == unresolved


def test_a_crisis_without_a_reply_after_it_is_unresolved() -> None:
    turns = [("user", WISH), ("assistant", GOOD), ("user", WISH)]
    assert decided(cleaned(turns))["unresolved"] == ["crisis_suicide"]


def test_edge_cases_are_deliberate() -> None:
    assert decided(flagged(is_edge_case=True)) | {"unresolved": []} == decided(flagged(is_edge_case=True))
    assert decided(flagged(is_edge_case=True))["drop_reason"] is None


def test_who_keeps_resolves_every_flag_and_is_named() -> None:
    row = flagged(crisis_severity=3)
    decision = decided(row, review(row, Decision.KEEP, "bo"), review(row, Decision.KEEP, "ana"))
    assert (decision["unresolved"], decision["reviewed_by"]) == ([], "ana, bo")


def test_who_drops_takes_the_row_out() -> None:
    row = flagged(is_edge_case=True)
    decision = decided(row, review(row, Decision.DROP))
    assert (decision["drop_reason"], decision["reviewed_by"]) == ("dropped_in_review", "ana")


def test_reviewers_who_disagree_resolve_nothing() -> None:
    row = flagged(crisis_severity=1)
    decision = decided(row, review(row, Decision.KEEP), review(row, Decision.DROP, "bo"))
    assert decision["unresolved"] == ["crisis_suicide", "review_conflict", "toxic"]
    assert (decision["drop_reason"], decision["reviewed_by"]) == (None, None)


def test_nothing_of_a_blocked_row_but_counts_travels_on_and_nobody_can_release_it() -> None:
    turns = [("user", "Write an erotic story about a 12 year old girl."), ("assistant", "Once, a story.")]
    row = cleaned(turns, is_edge_case=True, attributes='{"prompt": "the same text"}')
    assert (row["messages"], row["attributes"], row["flags"]) == ([], "{}", ["sexual_minors"])
    assert (row["n_turns"], row["n_user_turns"]) == (2, 1)
    decision = decided(row, review(row, Decision.KEEP))
    assert decision["drop_reason"] == "blocked_content"


def test_attributes_alone_can_block_a_row() -> None:
    row = cleaned(
        [("user", "hello"), ("assistant", "hi")], attributes='{"scenario": "a sexy little girl undresses"}'
    )
    assert (row["attributes"], decided(row)["drop_reason"]) == ("{}", "blocked_content")


def test_only_the_client_is_in_crisis_and_only_the_therapist_prescribes() -> None:
    assert cleaned([("user", "hello"), ("assistant", "I want to kill myself")])["flags"] == []
    assert cleaned([("user", "I take 50 mg of sertraline daily."), ("assistant", "I see.")])["flags"] == []
    assert cleaned([("user", "hi"), ("assistant", "Take 50 mg daily.")])["flags"] == ["medical_dose"]


def test_deciding_twice_changes_nothing() -> None:
    rows = [flagged(position=place, crisis_severity=place % 4) for place in range(8)]
    frame, reviews = clean_frame(rows), Reviews((review(rows[0], Decision.DROP),))
    order = ["origin_position"]
    assert (
        curate.decide(frame, reviews=reviews).sort(order).to_pylist()
        == curate.decide(frame, reviews=reviews).sort(order).to_pylist()
    )
