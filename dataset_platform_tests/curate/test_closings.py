"""Closing lines that a source repeats: found over the whole source, removed, and never content."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform import curate
from dataset_platform.curate.closings import closing_of
from dataset_platform_tests.curate.conversations import raw_frame, raw_record

CLEANING = curate.Cleaning(kinds=frozenset(), closings_min_conversations=3)
SIGNED = "Talk to somebody you trust.\n\nJo Doe, LMFT\nPrivate practice in Springfield"


def answered(answers: list[str], **fields: object):
    turns = [[("user", f"Question {number}?"), ("assistant", text)] for number, text in enumerate(answers)]
    return raw_frame([raw_record(each, position, **fields) for position, each in enumerate(turns)])


def answers_of(raw) -> list[str]:
    closings = curate.repeated_closings(raw, CLEANING)
    rows = curate.clean(raw, CLEANING, closings).sort("origin_position").to_pylist()
    return [row["messages"][1]["content"] for row in rows]


def test_a_signature_under_many_conversations_goes_and_its_removal_is_counted() -> None:
    raw = answered([SIGNED.replace("Talk", verb) for verb in ("Talk", "Write", "Go")] + ["Rest.\nJo"])
    closings = curate.repeated_closings(raw, CLEANING)
    rows = curate.clean(raw, CLEANING, closings).sort("origin_position").to_pylist()
    said = [row["messages"][1]["content"] for row in rows]
    assert said == [
        "Talk to somebody you trust.",
        "Write to somebody you trust.",
        "Go to somebody you trust.",
        "Rest.\nJo",
    ]
    assert [row["edits"] for row in rows] == [[{"rule": "repeated_closings", "count": 1}]] * 3 + [[]]


def test_the_same_lines_under_too_few_conversations_stay() -> None:
    assert answers_of(answered([SIGNED, SIGNED.replace("Talk", "Go")])) == [
        SIGNED,
        SIGNED.replace("Talk", "Go"),
    ]


@pytest.mark.parametrize(
    "closing",
    [
        "How does that sound to you today?",
        "If you are in danger, call 988 right now.",
        "- take a long walk every day",
        "Bye now!",
    ],
)
def test_questions_numbers_to_call_list_items_and_short_words_are_content(closing: str) -> None:
    answers = [f"{number}. Try it.\n{closing}" for number in range(5)]
    assert answers_of(answered(answers)) == answers


def test_a_turn_that_is_only_the_closing_stays() -> None:
    answers = [
        *(f"{number} words.\nPrivate practice in Springfield" for number in "abc"),
        "Private practice in Springfield",
    ]
    assert answers_of(answered(answers))[-1] == answers[-1]


def test_markup_does_not_hide_a_closing() -> None:
    answers = [f"<p>{verb} it.</p><p><i>Jo Doe, LMFT, Springfield</i></p>" for verb in ("Try", "Do", "Say")]
    assert answers_of(answered(answers)) == ["Try it.", "Do it.", "Say it."]


lines = st.lists(
    st.sampled_from(["", "a line of some length", "Jo Doe, LMFT, Springfield", "ok", "Why, then?"]),
    max_size=6,
)


@settings(max_examples=100)
@given(lines.map("\n".join))
def test_removing_closings_ends_and_never_empties_a_text(text: str) -> None:
    everything = _Everything()
    while closing_of(text, everything).digest is not None:
        shorter = closing_of(text, everything).before
        assert shorter.strip()
        assert len(shorter) < len(text)
        text = shorter


class _Everything(frozenset[int]):
    def __contains__(self, _: object) -> bool:
        return True
