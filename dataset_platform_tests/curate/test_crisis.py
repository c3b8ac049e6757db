"""Lexical flags: what raises them, what must not."""

import pyarrow as pa
import pytest

from dataset_platform import curate
from dataset_platform.curate.crisis import LEXICON, Flag

RAISED = [
    ("I want to kill myself", "crisis_suicide"),
    ("i just dont want to be here anymore, i want to die", "crisis_suicide"),
    ("Everyone would be better off without me", "crisis_suicide"),
    ("I started cutting myself again", "crisis_self_harm"),
    ("I am thinking about hurting my husband, I want to kill him", "crisis_harm_to_others"),
    ("My stepfather often hits me", "crisis_abuse"),
    ("I was raped two years ago", "crisis_abuse"),
    ("I keep hearing strange voices at night", "crisis_psychosis"),
    ("The neighbours are spying on me", "crisis_psychosis"),
    ("I took too many pills last night", "crisis_overdose"),
    ("I almost overdosed", "crisis_overdose"),
    ("She OD'd last summer", "crisis_overdose"),
]
NOT_RAISED = [
    "I'm not suicidal, just tired.",
    "I have never thought about killing myself.",
    "I do not want to die.",
    "I don’t hear any voices.",  # noqa: RUF001
    "I was never abused as a child.",
    "My back is killing me and I could die of laughter.",
    "I watched Suicide Squad.",
    "I cut the bread and hurt my finger.",
    "I took my pills as prescribed.",
    "I feel odd about liking it.",
    "",
]

FALSE_ALARMS = ["He beats me at chess."]


def flags(text: str | None) -> list[str]:
    return curate.crisis_flags(pa.array([text], pa.large_string())).to_pylist()[0]


@pytest.mark.parametrize(("text", "flag"), RAISED)
def test_crisis_phrases_raise_their_flag(text: str, flag: str) -> None:
    assert flag in flags(text)


@pytest.mark.parametrize("text", NOT_RAISED)
def test_denials_and_figures_of_speech_raise_nothing(text: str) -> None:
    assert flags(text) == []


@pytest.mark.xfail(strict=True, reason="a lexicon finds words, not intent")
@pytest.mark.parametrize("text", FALSE_ALARMS)
def test_known_false_alarms(text: str) -> None:
    assert flags(text) == []


def test_flags_are_sorted_and_case_does_not_matter() -> None:
    found = flags("I WANT TO DIE. MY HUSBAND BEATS ME. I OVERDOSED.")
    assert found == ["crisis_abuse", "crisis_overdose", "crisis_suicide"]


def test_null_raises_nothing() -> None:
    assert flags(None) == []


def test_every_flag_has_phrases_and_an_example() -> None:
    assert set(LEXICON) == set(Flag)
    assert set(curate.FLAGS) == {flag for _, flag in RAISED} == {flag.value for flag in Flag}
