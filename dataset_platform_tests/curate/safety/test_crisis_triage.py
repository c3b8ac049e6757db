"""Crises in the client's turns: what raises which flag, how grave it is, what must not."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform.curate.safety import CRISIS_FLAGS, Flag, Severity, crisis_severities
from dataset_platform.curate.safety.crisis_signs import LEXICON

LOW, MODERATE, HIGH = Severity.LOW, Severity.MODERATE, Severity.HIGH
RAISED = [
    ("I wish I was dead.", Flag.SUICIDE, LOW),
    ("i just dont want to be here anymore", Flag.SUICIDE, LOW),
    ("Everyone would be better off without me", Flag.SUICIDE, LOW),
    ("My daughter is cutting herself", Flag.SUICIDE, LOW),
    ("I used to be suicidal.", Flag.SUICIDE, LOW),
    ("I keep thinking about killing myself", Flag.SUICIDE, MODERATE),
    ("I have been feeling suicidal lately", Flag.SUICIDE, MODERATE),
    ("The only reason I haven't killed myself is my dog", Flag.SUICIDE, MODERATE),
    ("I tried to kill myself years ago", Flag.SUICIDE, MODERATE),
    ("I tried to kill myself last night", Flag.SUICIDE, HIGH),
    ("I am going to end my life tonight", Flag.SUICIDE, HIGH),
    ("I wrote a goodbye letter", Flag.SUICIDE, HIGH),
    ("I started cutting myself again", Flag.SELF_HARM, MODERATE),
    ("I can't stop hurting myself", Flag.SELF_HARM, MODERATE),
    ("I took too many pills last night", Flag.OVERDOSE, HIGH),
    ("I OD'd last summer", Flag.OVERDOSE, HIGH),
    ("I feel like hurting my husband", Flag.HARM_TO_OTHERS, MODERATE),
    ("I am going to kill him", Flag.HARM_TO_OTHERS, HIGH),
    ("I was raped when I was younger", Flag.ABUSE, LOW),
    ("My stepfather often hits me", Flag.ABUSE, MODERATE),
    ("My ex threatened to kill me", Flag.ABUSE, HIGH),
    ("I keep hearing strange voices at night", Flag.PSYCHOSIS, MODERATE),
    ("The voices are so loud and won't stop telling me to hurt myself", Flag.PSYCHOSIS, HIGH),
    ("I make myself throw up after dinner", Flag.EATING_DISORDER, MODERATE),
    ("I haven't eaten anything for five days", Flag.EATING_DISORDER, HIGH),
]
NOT_RAISED = [
    "I'm not suicidal, just tired.",
    "I have never thought about killing myself.",
    "I do not want to die.",
    "I don’t hear any voices.",  # noqa: RUF001
    "I was never abused as a child.",
    "When I was young I wished I was dead.",
    "My back is killing me and I could die of laughter.",
    "I watched Suicide Squad.",
    "My mother committed suicide earlier this year.",
    "Are you suicidal? Suicide is never the answer, you are not alone.",
    "If people are suicidal they should see a doctor.",
    "I cut the bread and hurt my finger.",
    "I took my pills as prescribed.",
    "I feel odd about liking it.",
    "",
]
FALSE_ALARMS = ["He beats me at chess, that is, my brother beats me at chess."]


def severities(*turns: str | None) -> list[dict[str, int]]:
    found = crisis_severities(pa.array(turns, pa.large_string()))
    return [
        {flag: int(value) for flag, value in zip(CRISIS_FLAGS, row, strict=True) if value} for row in found
    ]


@pytest.mark.parametrize(("text", "flag", "severity"), RAISED)
def test_signs_raise_their_flag_at_their_severity(text: str, flag: Flag, severity: Severity) -> None:
    assert severities(text)[0].get(flag) == severity


@pytest.mark.parametrize("text", NOT_RAISED)
def test_denials_others_and_figures_of_speech_raise_nothing(text: str) -> None:
    assert severities(text) == [{}]


@pytest.mark.xfail(strict=True, reason="a lexicon finds words, not intent")
@pytest.mark.parametrize("text", FALSE_ALARMS)
def test_known_false_alarms(text: str) -> None:
    assert severities(text) == [{}]


def test_null_raises_nothing_and_no_turns_give_no_rows() -> None:
    assert severities(None) == [{}]
    assert severities() == []


def test_every_crisis_flag_has_signs_and_an_example() -> None:
    assert {signs.flag for signs in LEXICON} == set(CRISIS_FLAGS) == {flag for _, flag, _ in RAISED}


@pytest.mark.parametrize("rewritten", [str.upper, lambda text: f"\n{text} ", lambda text: text])
def test_case_whitespace_and_neighbours_change_no_turn(rewritten) -> None:
    texts = [text for text, _, _ in RAISED] + NOT_RAISED
    alone = [severities(text)[0] for text in texts[::5]]
    assert severities(*map(rewritten, reversed(texts)))[::-1][::5] == alone


@settings(max_examples=30)
@given(st.lists(st.text(), max_size=5))
def test_any_text_can_be_read(texts: list[str]) -> None:
    assert len(severities(*texts)) == len(texts)
